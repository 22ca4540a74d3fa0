//! Codes about the output folder.

super::codes! {
    EDITED_FILE = "HGN8001" Error "a rendered file was edited by hand" {
        cause: "The file is not as hagen wrote it: its digest differs from the one in hagen.lock.json. Writing over it would lose the edit.",
        example: "hagen render, edit load-balancer.tf, hagen render",
        cure: "Move the change into the spec, or into a file of your own beside it, and render with --force. `hagen diff` shows what would be lost.",
        source: "hagen design, output",
    }
    FOREIGN_FILE = "HGN8002" Error "a file stands where hagen would write one of its own" {
        cause: "The file is not in hagen.lock.json, so hagen did not write it and will not overwrite it.",
        example: "an outputs.tf of your own in the folder",
        cure: "Rename your file, or render with --force to replace it.",
        source: "hagen design, output",
    }
    IMMUTABLE_FIELD = "HGN8003" Error "the spec changes what may not change" {
        cause: "kubeadm has no way to change this after the first node is up, or the load balancer would be replaced and every certificate and kubeconfig would name the old one. hagen.lock.json holds the value that the folder was rendered with.",
        example: "serviceSubnets: [10.97.0.0/16] in a folder rendered with 10.96.0.0/12",
        cure: "Put the old value back. For a new cluster, render into a new folder. If nothing was ever applied, delete the folder.",
        source: "kubernetes-sigs/cluster-api: KubeadmControlPlane webhook; Terraform AWS provider: ForceNew arguments",
    }
    LINK_IN_FOLDER = "HGN8004" Error "a link leads out of the output folder" {
        cause: "A path that hagen would write to is a symbolic link, so the write would land somewhere else.",
        example: "out/prod-aws/cloud-init -> /etc",
        cure: "Remove the link.",
        source: "hagen design, output",
    }
    CANNOT_WRITE = "HGN8005" Error "the output folder cannot be written" {
        cause: "The operating system refused: a read-only folder, a full disk, a missing permission. Nothing was changed.",
        example: "hagen render --out /proc/x",
        cure: "Make room or give permission, or choose another folder with --out.",
        source: "the operating system",
    }
    BROKEN_LOCK = "HGN8006" Error "hagen.lock.json cannot be read" {
        cause: "The lock is not the JSON that hagen wrote, often after a merge conflict. Without it hagen cannot tell its own files from yours.",
        example: "<<<<<<< in hagen.lock.json",
        cure: "Restore the file from version control and render again: what it holds follows from the spec.",
        source: "hagen design, output",
    }
    TERRAFORM_RUNNING = "HGN8007" Error "Terraform is at work in the folder" {
        cause: "There is a .terraform.tfstate.lock.info, so a plan or apply runs in this folder now. Changing its files under it is not safe.",
        example: "terraform apply in one terminal, hagen render in the other",
        cure: "Wait until Terraform is done. If it crashed, `terraform force-unlock` removes the lock.",
        source: "Terraform, local backend",
    }
    OTHER_CLUSTER = "HGN8008" Error "the folder belongs to another cluster" {
        cause: "hagen.lock.json says that another cluster, or another target, was rendered here.",
        example: "hagen render --file test.yaml --out out/prod-aws",
        cure: "Choose another folder with --out.",
        source: "hagen design, output",
    }
    NOT_AS_RENDERED = "HGN8009" Error "a rendered folder is not as it was rendered" {
        cause: "What goes onto machines must be what was reviewed, and a file in the folder is not the one that hagen.lock.json has the digest of, or is missing. Files for review, such as haproxy/haproxy.cfg, are in cloud-init too: an edit there alone would have no effect.",
        example: "hagen render, edit cloud-init/cp-1.yaml, hagen seed",
        cure: "Put the file back from version control, or move the edit into the spec and render with --force.",
        source: "hagen design, output",
    }
    NOT_RENDERED = "HGN8010" Error "a folder that hagen did not render" {
        cause: "Seeds are made from a rendered folder, which has a hagen.lock.json.",
        example: "hagen seed --secrets secrets.operator.json out",
        cure: "Render first, and name the folder that `hagen render` printed.",
        source: "hagen",
    }
    NO_SEEDS_HERE = "HGN8011" Error "a folder of a target that needs no seeds" {
        cause: "On a cloud, Terraform puts the secrets into each machine's user data. NoCloud seeds are for machines that no cloud starts.",
        example: "hagen seed --secrets secrets.auto.tfvars.json out/prod-aws",
        cure: "Run `terraform apply` in the folder, with secrets.auto.tfvars.json in it.",
        source: "hagen",
    }
    CANNOT_SEED = "HGN8012" Error "a cloud-init that no seed can be made of" {
        cause: "The file asks for a value that `hagen seed` does not know, or for a secret that a machine of its role does not get. Another version of hagen may have rendered it.",
        example: "a word such as HAGEN_CA_KEY_BASE64 in the cloud-init of a worker",
        cure: "Render the folder again with this version of hagen, and review what changes.",
        source: "hagen design: which machine gets which secret",
    }
    NOT_A_SEED = "HGN8013" Error "something that is no seed of hagen's is where seeds go" {
        cause: "A folder of seeds is replaced as a whole, and hagen.seed.json in it says which files are hagen's. What is not among them, or is not as it was written, is left alone.",
        example: "hagen seed --secrets S DIR --out /srv/images, which holds other files",
        cure: "Choose another folder with --out. With --force, seeds replace what is in their way, and other files stay.",
        source: "hagen",
    }
}
