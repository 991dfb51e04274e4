//! Runs a file of code: `try code.js [seconds]`.
use script::{Host, Limits, Script, run};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let code = std::fs::read_to_string(&args[1]).unwrap();
    let deadline = std::time::Duration::from_secs(args.get(2).map_or(5, |s| s.parse().unwrap()));
    let start = std::time::Instant::now();
    let limits = Limits { deadline, ..Limits::default() };
    let script = Script { code, ..Script::default() };
    let outcome = run(script, Host::default(), limits, |e| println!("{:?} {}", e.level, e.message)).await;
    println!("{outcome:?} total {:?}", start.elapsed());
}
