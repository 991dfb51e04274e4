//! Completion, manual and help: what shells and readers get.

use super::{command, ended, shell};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn completion_and_manual_can_be_read_and_know_every_verb() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("completion");
    for (name, check) in
        [("bash", "bash -n"), ("zsh", "zsh -n"), ("fish", "true"), ("powershell", "true"), ("elvish", "true")]
    {
        let printed = ended(command(&["completion", name])).await;
        assert_eq!(printed.code, Some(0), "{printed:?}");
        assert!(printed.stdout.contains("puppet-master-endpoint") && printed.stdout.contains("doctor"), "{name}");
        std::fs::write(&script, printed.stdout).expect("a file");
        let there = format!(
            "command -v {} > /dev/null || exit 0; {check} '{}'",
            check.split(' ').next().expect("a word"),
            script.display()
        );
        let parsed = ended(shell(&there)).await;
        assert!(parsed.code == Some(0) && parsed.stderr.is_empty(), "{name}: {parsed:?}");
    }
    let complete = "source '{}'; COMP_WORDS=(puppet-master jobs ca) COMP_CWORD=2; \
                    complete=$(complete -p puppet-master); complete=${complete#*-F }; ${complete%% *} puppet-master ca jobs; \
                    echo \"${COMPREPLY[*]}\"";
    let bash = ended(command(&["completion", "bash"])).await.stdout;
    std::fs::write(&script, bash).expect("a file");
    let completed = ended(shell(&complete.replace("{}", &script.display().to_string()))).await;
    assert_eq!(completed.stdout, "cancel\n", "{completed:?}");

    let page = ended(command(&["man"])).await.stdout;
    assert!(page.contains(".TH puppet-master 1") && page.contains("doctor"), "{page}");
    assert!(ended(command(&["man", "jobs list"])).await.stdout.contains("per\\-page"));
    let manual = folder.path().join("man");
    let written = ended(command(&["man", "--output", manual.to_str().expect("a path")])).await;
    assert_eq!(written.code, Some(0), "{written:?}");
    for name in ["puppet-master", "puppet-master-run", "puppet-master-jobs-logs"] {
        let page = std::fs::read_to_string(manual.join(format!("{name}.1"))).expect("a page");
        assert!(page.starts_with(".ie") || page.contains(".TH"), "{name}");
    }
    assert_eq!(ended(command(&["man", "nonsense"])).await.code, Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn short_help_is_short_and_a_reader_may_go() {
    let short = ended(command(&["run", "-h"])).await.stdout;
    let long = ended(command(&["run", "--help"])).await.stdout;
    assert!(short.lines().count() < 70 && short.contains("--watch") && !short.contains("--job-memory"), "{short}");
    assert!(long.contains("--job-memory"));
    for verb in ["types", "completion bash", "man", "run --help", "token new a"] {
        let line = format!("({{ sleep 0.2; \"$pm\" {verb} 2>/dev/null; echo \"ended with $?\" >&3; }} | true) 3>&1");
        assert_eq!(ended(shell(&line)).await.stdout, "ended with 0\n", "{verb}");
    }
}
