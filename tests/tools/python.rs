//! Python: `PyYAML`, jsonschema and boto3 are the readers of some of hagen's files.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;

use super::tool;

/// Modules that were found.
static FOUND: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The interpreter, with the modules named.
pub(crate) fn interpreter(modules: &[&str]) -> String {
    let python = tool::program("HAGEN_PYTHON", "python3", "install Python 3");
    for module in modules {
        if !FOUND.lock().unwrap().insert((*module).to_owned()) {
            continue;
        }
        let mut command = Command::new(&python);
        command.args(["-c", &format!("import {module}")]);
        let answer = tool::run(&mut command, Duration::from_mins(1));
        if !answer.status.success() {
            FOUND.lock().unwrap().remove(*module);
        }
        assert!(
            answer.status.success(),
            "{python} has no module {module}: pip install -r tests/tools/requirements.txt"
        );
    }
    python
}

/// A YAML text as `PyYAML`, which cloud-init uses, reads it.
pub(crate) fn read_yaml(text: &str) -> Value {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("document.yaml");
    std::fs::write(&file, text).unwrap();
    let script = "import json, sys, yaml\n\
                  documents = list(yaml.safe_load_all(open(sys.argv[1], encoding='utf-8', newline='')))\n\
                  print(json.dumps(documents[0] if len(documents) == 1 else documents))";
    let python = interpreter(&["yaml"]);
    let printed = tool::succeed(&python, ["-c", script, file.to_str().unwrap()]);
    serde_json::from_str(&printed).unwrap()
}

/// A TOML text as Python reads it; containerd's own reader is as strict.
pub(crate) fn read_toml(text: &str) -> Value {
    let script = "import json, sys, tomllib\nprint(json.dumps(tomllib.loads(sys.argv[1])))";
    let python = interpreter(&["tomllib"]);
    serde_json::from_str(&tool::succeed(&python, ["-c", script, text])).unwrap()
}

/// What is wrong with each of some documents by a JSON Schema. Empty: nothing.
pub(crate) fn schema_problems(schema: &std::path::Path, documents: &[Value]) -> Vec<String> {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("documents.json");
    std::fs::write(&file, serde_json::to_string(documents).unwrap()).unwrap();
    let script = "import json, jsonschema, sys\n\
                  schema = json.load(open(sys.argv[1]))\n\
                  kind = jsonschema.validators.validator_for(schema)\n\
                  found = [f\"{d.get('kind')}: {e.json_path}: {e.message[:300]}\"\n\
                           for d in json.load(open(sys.argv[2])) for e in kind(schema).iter_errors(d)]\n\
                  print(json.dumps(found))";
    let python = interpreter(&["jsonschema"]);
    let printed = tool::succeed(
        &python,
        [
            "-c",
            script,
            schema.to_str().unwrap(),
            file.to_str().unwrap(),
        ],
    );
    serde_json::from_str(&printed).unwrap()
}
