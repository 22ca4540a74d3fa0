//! An AWS of the test's own: moto on a free port of this machine.

use std::env;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{python, tool};

/// A server that ends when this is dropped, or with this process.
pub(crate) struct Aws {
    server: Child,
    port: u16,
}

impl Aws {
    /// Starts one. Another program may take the port first, so there are some attempts.
    pub(crate) fn start() -> Self {
        (0..5)
            .find_map(|_| Self::attempt())
            .expect("moto does not start: pip install -r tests/tools/requirements.txt")
    }

    fn attempt() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .unwrap()
            .port();
        let mut command = if let Ok(program) = env::var("HAGEN_MOTO") {
            Command::new(program)
        } else {
            let mut command = Command::new(python::interpreter(&["moto.server"]));
            command.arg(tool::folder().join("moto_server.py"));
            command
        };
        command
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            // It ends when this pipe is closed, however this process ends.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut aws = Self {
            server: command.spawn().unwrap(),
            port,
        };
        let end = Instant::now() + Duration::from_mins(1);
        while Instant::now() < end && aws.server.try_wait().unwrap().is_none() {
            if aws.answers() {
                return Some(aws);
            }
            thread::sleep(Duration::from_millis(100));
        }
        None
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else {
            return false;
        };
        let request = "GET /moto-api/data.json HTTP/1.0\r\nHost: localhost\r\n\r\n";
        let mut answer = [0; 12];
        let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
        stream.write_all(request.as_bytes()).is_ok()
            && stream.read_exact(&mut answer).is_ok()
            && answer.ends_with(b"200")
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Makes what a spec says is there already (network, machines, hosted zone), and gives the
    /// spec with the ids that came out.
    pub(crate) fn prepare(&self, spec: &str) -> String {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("spec.yaml");
        std::fs::write(&file, spec).unwrap();
        self.script("prepare", file.to_str().unwrap())
    }

    /// What is there, of the kinds that matter here.
    pub(crate) fn read(&self) -> Value {
        serde_json::from_str(&self.script("read", "")).unwrap()
    }

    fn script(&self, job: &str, argument: &str) -> String {
        let mut command = Command::new(python::interpreter(&["boto3"]));
        command
            .arg(tool::folder().join("aws.py"))
            .args([job, argument])
            .env("AWS_ENDPOINT_URL", self.endpoint())
            .env("AWS_ACCESS_KEY_ID", "mock")
            .env("AWS_SECRET_ACCESS_KEY", "mock")
            .env("AWS_DEFAULT_REGION", "eu-west-1");
        let answer = tool::run(&mut command, Duration::from_mins(2));
        assert!(answer.status.success(), "aws.py {job}: {}", answer.all());
        answer.stdout
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// One for all tests that only look images up.
pub(crate) fn shared() -> &'static Aws {
    static SHARED: OnceLock<Aws> = OnceLock::new();
    SHARED.get_or_init(Aws::start)
}
