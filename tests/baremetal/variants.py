"""Other configurations for the same hosts: kubeadm's documented one, and two that are known to get stuck."""
import dataclasses
import pathlib
import re
import string

import rendered

KUBEADM = pathlib.Path(__file__).resolve().parent / "kubeadm"


def kubeadm(cluster, folder):
    """kubeadm's documented settings for a cluster's addresses. It leaves --shutdown-delay-duration at its default, 0."""
    folder.mkdir()

    def filled(name, **values):
        return string.Template((KUBEADM / name).read_text()).substitute(values)

    servers = "\n".join(f"    server {name} {address}:{port} check verify none" for name, address, port in cluster.proxy.servers)
    proxy = folder / "haproxy.cfg"
    proxy.write_text(filled("haproxy.cfg", port=cluster.proxy.port, servers=servers))
    balancers = []
    for number, ours in enumerate(cluster.balancers):
        path = folder / f"{ours.name}.conf"
        path.write_text(filled(
            "keepalived.conf", state="BACKUP" if number else "MASTER", priority=100 if number else 101,
            interface=ours.interface, virtual_ip=ours.virtual_ip,
        ))
        balancers.append(dataclasses.replace(rendered.keepalived(path), address=ours.address))
    return dataclasses.replace(
        cluster, balancers=balancers, proxy=rendered.haproxy(proxy), shutdown_delay=0.0,
        extra={"check_apiserver.sh": filled("check_apiserver.sh", port=cluster.proxy.port)},
    )


def changed(text, pattern, new):
    """A replacement that has to happen: else the file under test is not the wrong one that it should be."""
    text, count = re.subn(pattern, new, text)
    if not count:
        raise rendered.Unreadable(f"nothing matches {pattern}: the configuration that is known to be wrong cannot be made")
    return text


def stuck(cluster, folder, weight, nopreempt):
    """The rendered files with unequal priorities and a weight that moves nothing."""
    folder.mkdir()
    balancers = []
    for number, ours in enumerate(cluster.balancers):
        text = changed(ours.path.read_text(), r"(?m)^(\s*)priority \d+.*$", rf"\g<1>priority {90 if number else 100}")
        text = changed(text, r"(?m)^(\s*)weight -?\d+.*$", rf"\g<1>weight {weight}")
        if nopreempt:
            text = changed(text, r"(?m)^(\s*)(state BACKUP.*)$", r"\g<1>\g<2>\n\g<1>nopreempt")
        path = folder / f"{ours.name}.conf"
        path.write_text(text)
        balancers.append(rendered.keepalived(path))
    return dataclasses.replace(cluster, balancers=balancers)


def small_weight(cluster, folder):
    """Priorities 100 and 90, and a weight of -2: 98 is still the higher one."""
    return stuck(cluster, folder, -2, nopreempt=False)


def weight_without_preemption(cluster, folder):
    """Priorities 100 and 90, a weight of -20, and nopreempt: a standby that may not preempt honours the lower one."""
    return stuck(cluster, folder, -20, nopreempt=True)
