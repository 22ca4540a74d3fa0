# The steps of role etcd, and main.
