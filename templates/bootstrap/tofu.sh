# --- the CA where it is not known before ------------------------------------------------

# The token stays here: whoever answers must know it
find_ca() {
  ask -kf -o "$run/info" "$(endpoint)/api/v1/namespaces/kube-public/configmaps/cluster-info" &&
    "$python" - "$etc/bootstrap-token" "$run/info" "$run/ca.crt" 2>/dev/null <<'EOF' && install -D -m 0644 "$run/ca.crt" "$etc/pki/ca.crt"
import base64, hashlib, hmac, json, re, sys
token, info, ca = sys.argv[1:]
name, key = open(token).read().strip().split(".")
data = json.load(open(info))["data"]
text, found = data["kubeconfig"], data["jws-kubeconfig-" + name]
head = found.split(".")[0]
code = lambda value: base64.urlsafe_b64encode(value).decode().rstrip("=")
wanted = hmac.new(key.encode(), (head + "." + code(text.encode())).encode(), hashlib.sha256)
if not hmac.compare_digest(found, head + ".." + code(wanted.digest())):
    sys.exit("wrong signature")
ca_text = re.search(r"certificate-authority-data: *(\S+)", text)[1]
open(ca, "wb").write(base64.b64decode(ca_text))
EOF
}

