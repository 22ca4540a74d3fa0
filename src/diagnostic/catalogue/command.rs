//! Codes about the command line and the files it names.

super::codes! {
    CANNOT_READ = "HGN9001" Error "a file cannot be read" {
        cause: "The file is missing, is a folder, is not UTF-8, or may not be read.",
        example: "hagen validate --file nowhere.yaml",
        cure: "Check the path. `hagen init` writes a spec to start from.",
        source: "the operating system",
    }
    NO_SUCH_TARGET = "HGN9002" Error "the spec has nothing under targets for this provider" {
        cause: "--provider names a target that the spec does not describe.",
        example: "hagen render --provider aws, with `targets: {}`",
        cure: "Add the target to the spec. `hagen init --provider P --out -` prints one.",
        source: "hagen schema",
    }
    UNKNOWN_CODE = "HGN9003" Error "there is no such diagnostic" {
        cause: "`hagen explain` was given a code that does not exist.",
        example: "hagen explain HGN0000",
        cure: "Use a code as an error shows it. `hagen explain` without a code lists all.",
        source: "hagen explain",
    }
    SAME_FOLDER = "HGN9004" Error "two specs would be rendered into one folder" {
        cause: "A fleet is rendered into one folder a cluster, named after it, and two specs have the same name.",
        example: "hagen render --provider aws --file a.yaml --file b.yaml, both with `name: prod`",
        cure: "Give the clusters different names, or render them one by one with --out.",
        source: "hagen",
    }
    FILE_EXISTS = "HGN9005" Error "a file is in the way" {
        cause: "The command writes a new file, and one of that name is there. Replacing secrets or a spec by accident would be expensive.",
        example: "hagen init twice in one folder",
        cure: "Choose another name with --out, or give --force.",
        source: "hagen",
    }
    CANNOT_WRITE_FILE = "HGN9006" Error "a file cannot be written" {
        cause: "The operating system refused to write the file.",
        example: "hagen init --out /nowhere/hagen.yaml",
        cure: "Check that the folder is there and may be written to.",
        source: "the operating system",
    }
    NO_SPECS = "HGN9007" Error "a folder without specs" {
        cause: "--file names a folder, and no *.yaml, *.yml or *.json is in it.",
        example: "hagen render --provider aws --file empty/",
        cure: "Name the files, or another folder.",
        source: "hagen",
    }
    SECRETS_NOT_A_SPEC = "HGN9008" Error "a file of secrets, given as a spec" {
        cause: "The file holds what `hagen secrets` writes, or a private key. An error about it would show a part of it, so none of it is read.",
        example: "hagen validate --file secrets.auto.tfvars.json",
        cure: "Name the spec. Secrets are in no spec; Terraform reads them from their own file.",
        source: "hagen design: no secret in logs or errors",
    }
    ONE_SPEC = "HGN9009" Error "more than one spec, where the command is about one cluster" {
        cause: "Secrets, and the commands of a task, are those of one cluster. --file named a folder with several specs.",
        example: "hagen secrets --file specs/ --out out/prod-aws",
        cure: "Name one spec with --file.",
        source: "hagen",
    }
    MALFORMED_SECRETS = "HGN9010" Error "a file of secrets that cannot be used" {
        cause: "The file is not what `hagen secrets` writes, or a value in it is missing or has another form. Its content is never shown.",
        example: "hagen rearm --secrets hagen.yaml",
        cure: "Name the file that `hagen secrets` wrote, or restore it from a backup.",
        source: "hagen",
    }
    OTHER_SECRETS = "HGN9011" Error "secrets that do not fit the spec" {
        cause: "The file was made for another `secrets.mode` or another kind of etcd, or before a member of etcd was added. What a running cluster trusts cannot be added to it later.",
        example: "hagen secrets --add, with secrets that were made with `mode: tofu` and a spec that says pinned",
        cure: "Put the spec back. Before the first apply, make all secrets anew with --force.",
        source: "kubeadm: the cluster CA cannot be replaced",
    }
    NO_ETCD_CA = "HGN9012" Error "the CA of etcd is not there, or is another" {
        cause: "Certificates of external etcd are signed by a CA whose key only the operator has, in secrets.etcd-ca.pem beside the other secrets.",
        example: "hagen secrets --add, after `etcd.external.count` was raised, without secrets.etcd-ca.pem",
        cure: "Put the file that was written with the secrets beside them.",
        source: "hagen design: the key of etcd's CA never leaves the operator's machine",
    }
    NO_SUCH_NODE = "HGN9013" Error "a name that no node of the cluster has" {
        cause: "`hagen runbook replace` and `drain-load-balancer` are about one node, and `hagen seed --node` about some, by their names in the cluster.",
        example: "hagen runbook replace cp-9 --provider aws",
        cure: "Use one of the names that the error shows.",
        source: "hagen",
    }
    TASK_DOES_NOT_APPLY = "HGN9014" Error "a task that this cluster does not have" {
        cause: "The task is about something that the spec does not ask for, or about a version that cannot be reached in one step.",
        example: "hagen runbook add-etcd --provider aws, with `etcd: stacked`",
        cure: "Choose another task, or change the spec.",
        source: "hagen; for versions https://kubernetes.io/releases/version-skew-policy/",
    }
    NO_SECRETS = "HGN9021" Error "seeds that need secrets, and none are given" {
        cause: "The machines get their secrets with the seed, except with `secrets.mode: drop`.",
        example: "hagen seed out/prod-baremetal",
        cure: "Name the file that `hagen secrets` wrote with --secrets.",
        source: "hagen",
    }
    NO_XORRISO = "HGN9022" Error "xorriso is not there" {
        cause: "An image of a seed is made by xorriso, and it is in no folder of PATH.",
        example: "hagen seed --iso, without the package xorriso",
        cure: "Install it: `apt-get install xorriso`, `dnf install xorriso`, `brew install xorriso`. Or leave --iso out: NoCloud takes the three files too.",
        source: "https://www.gnu.org/software/xorriso/",
    }
    XORRISO_FAILED = "HGN9023" Error "xorriso made no image" {
        cause: "xorriso ended with an error. Nothing was changed.",
        example: "hagen seed --iso, on a full disk",
        cure: "Look at what it said: a full disk, or a version before 1.5.",
        source: "https://www.gnu.org/software/xorriso/man_1_xorriso.html",
    }
}
