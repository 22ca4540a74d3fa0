# --- secrets that come later ------------------------------------------------------------

# NAME...: the whole bundle or nothing, from a person or from the URL
take_secrets() {
  local name value wanted file=$etc/secrets bundle
  if [[ ! -e $file && -s $etc/secrets-url ]]; then
    file=$run/secrets detail='they cannot be downloaded'
    # Its address is a secret too, so it is in no command line.
    fetch --proto '=https' -o "$file" -K - <<<"url = \"$(<"$etc/secrets-url")\"" || return 1
  fi
  detail="put them into $etc/secrets"
  [[ -s $file ]] || return 1
  # Read once: a person may put another in its place at any time
  bundle=$(<"$file") 2>/dev/null || return 1
  detail="$file does not hold exactly $*, and end"
  wanted=$(printf '%s\n' "$@" end | sort)
  [[ $bundle == *$'\n'end && $(cut -d ' ' -f 1 <<<"$bundle" | sort) == "$wanted" ]] || return 1
  detail="$file is damaged"
  umask 0077
  while read -r name value; do
    case $name in
      end) break ;;
      bootstrap-token | certificate-key) name=$etc/$name ;;
      *) name=$etc/pki/$name ;;
    esac
    mkdir -p "${name%/*}" && value=$(base64 -d <<<"$value") && printf '%s\n' "$value" >"$name" || return 1
  done <<<"$bundle"
  umask 0022
  detail=''
}

# The words in $text that a bundle has the values of.
words_of_bundle() {
  local name word
  for name in bootstrap-token certificate-key; do
    if [[ -s $etc/$name ]]; then
      word=${name^^}
      text=${text//HAGEN_${word//-/_}/$(<"$etc/$name")}
    fi
  done
  # In two parts, or Terraform would put a certificate here.
  word=CA_CERTIFICATE
  text=${text//HAGEN_${word}_BASE64/$(base64 -w 0 "$etc/pki/ca.crt")}
}

