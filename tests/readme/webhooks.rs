//! The example of docs/WEBHOOKS.md verifies what a gateway sends.

use std::time::Duration;

use serde_json::json;
use testkit::ports;
use testkit::site::Site;
use tests::up;

use crate::commands::scripts;
use crate::page;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_tells_our_requests_from_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let receiver = Site::start();
    receiver.route("/hook", |_| "thanks");
    let port = ports::free();
    let (_process, client) = up::started(up::program(port, folder.path()), port).await;
    let webhook = json!({"url": receiver.url("/hook"), "secret": SECRET});
    client.run(json!({"uuid": "told", "code": "results.n = 1", "webhook": webhook})).await;
    let request = tokio::time::timeout(Duration::from_secs(20), receiver.wait_for_request("/hook")).await;
    let request = request.expect("the webhook is sent");

    let text = std::fs::read_to_string(page("WEBHOOKS.md")).expect("the page");
    let examples = scripts(&text);
    assert_eq!(examples.len(), 1);
    let code = format!(
        "{}\nconst headers = JSON.parse(vars.headers);
         const refused = (...given) => {{ try {{ verify(...given); return '' }} catch (error) {{ return error.message }} }};
         results.uuid = verify(headers, vars.body, vars.secret).data.uuid;
         results.refused = [
           refused(headers, vars.body + ' ', vars.secret),
           refused(headers, vars.body, 'whsec_' + 'A'.repeat(32)),
           refused({{ ...headers, 'webhook-id': 'msg_other' }}, vars.body, vars.secret),
           refused(headers, vars.body, vars.secret, Date.now() + 600000),
         ];",
        examples[0]
    );
    let headers = serde_json::to_string(&request.headers).expect("headers");
    let vars = json!({"headers": headers, "body": request.body, "secret": SECRET});
    let job = client.run(json!({"code": code, "vars": vars})).await;
    assert_eq!(job.error, "");
    let results = job.results.expect("results");
    assert_eq!(results["uuid"], "told");
    let ours = "the signature is not ours";
    assert_eq!(results["refused"], json!([ours, ours, ours, "the request is too old"]));
}
