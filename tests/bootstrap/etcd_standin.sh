#!/bin/bash
# shellcheck disable=SC2317,SC2086 # functions that are exported; no blanks in $box
# Stands in for what a machine of role etcd would run; called by the name it is linked as.
# systemctl really starts and stops etcd, as the unit says. A line "MODE REGEX" in
# /opt/box/kill kills the script when a call "before …" or "after …" matches; each line once.
set -u
box=/opt/box
name=${0##*/}
line="$name $*"

fault() { # POINT
  local pattern
  [[ -s $box/kill ]] || return 0
  pattern=$(head -n 1 $box/kill)
  if [[ $1 =~ $pattern ]]; then
    sed -i 1d $box/kill
    printf '%s\n' "$1" >>$box/killed
    kill -9 -- "-$(<$box/script.pid)" # the script's session; etcd has one of its own
    kill -9 $$
  fi
}

setting() { sed -n "s/^$1=//p" /etc/systemd/system/etcd.service | tail -n 1; }

supervise() { # what systemd would do with the unit
  local user command check
  printf '%s\n' "$BASHPID" >$box/unit.pid
  while [[ -e $box/wanted ]]; do
    user=$(setting User) check=$(setting ExecStartPre) command=$(setting ExecStart)
    if [[ -z $check ]] || (as "$user" "$check"); then
      printf 'start\n' >>$box/starts
      as "$user" "$command" &
      printf '%s\n' $! >$box/etcd.pid
      wait $!
      printf 'etcd ended with %s\n' $? >>$box/starts
    else
      printf 'refused\n' >>$box/starts
    fi
    [[ $(setting Restart) == always ]] || break
    /bin/sleep 0.5
  done
}

as() { # USER COMMAND: a command line in systemd's form, instead of this shell
  exec setpriv --reuid "$1" --regid "$1" --clear-groups env -i PATH=/usr/bin:/bin bash -c "exec $2" >>/var/log/etcd.log 2>&1
}

printf '%s\n' "$line" >>$box/calls
fault "before $line"
code=0
case $name in
  sleep) exec /bin/sleep 0.4 ;;
  timedatectl) echo yes ;;
  touch | etcdctl | mkfs.ext4)
    real=$(PATH=/usr/local/bin:/usr/sbin:/usr/bin command -v "$name")
    "$real" "$@"
    code=$?
    ;;
  systemctl)
    case $* in
      'enable etcd') touch $box/enabled ;;
      'start --no-block etcd')
        touch $box/wanted
        if ! kill -0 "$(cat $box/unit.pid 2>/dev/null)" 2>/dev/null; then
          export -f supervise as setting
          box=$box setsid bash -c supervise </dev/null >/dev/null 2>&1 9>&- &
        fi
        ;;
      'stop etcd')
        rm -f $box/wanted
        for file in $box/{unit,etcd}.pid; do
          if [[ -e $file ]]; then kill -9 "$(<$file)"; fi
          rm -f $file
        done 2>/dev/null
        ;;
      daemon-reload | 'disable '* | 'mask '*) ;;
      'is-active '* | 'is-enabled '*) code=1 ;;
      *) printf 'systemctl %s\n' "$*" >>$box/complaints; code=1 ;;
    esac
    ;;
  lsblk)
    # Loop devices are the disks of this machine.
    while read -r disk; do
      if [[ $* != *MOUNTPOINT* ]]; then
        printf '%s disk\n' "$disk"
        if [[ -e $box/partitioned ]] && grep -qx "$disk" $box/partitioned; then printf '%sp1 part\n' "$disk"; fi
      elif [[ $* == *"$disk" ]]; then
        if [[ -e $box/partitioned ]] && grep -qx "$disk" $box/partitioned; then printf '%sp1 \n' "$disk"; fi
        printf '%s %s\n' "$disk" "$(findmnt -nro TARGET "$disk")"
      fi
    done <$box/disks
    ;;
  apt-get | dnf | *) ;;
esac
fault "after $line"
exit $code
