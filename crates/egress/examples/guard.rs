//! Runs one session by hand: `guard [ALLOW] [DENY] [UPSTREAM]` prints the session's address, then each refusal, until its input
//! ends; then the numbers.

use std::error::Error;
use std::sync::Arc;

use egress::policy::Refusal;
use egress::upstream::ChosenBy;
use egress::{Layer, Observer, Proxy, SessionOptions, Settings, Upstream};

struct Print;

impl Observer for Print {
    fn refused(&self, refusal: &Refusal) {
        println!("{refusal}");
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |index: usize| arguments.get(index).map(String::as_str).filter(|text| !text.is_empty());
    let layer = Layer::parse("operator", argument(0), argument(1))?;
    let upstream = argument(2).map(|url| Upstream::parse(url, ChosenBy::Operator)).transpose()?;
    let proxy = Proxy::start(Settings::default()).await;
    let options =
        SessionOptions { policy: layer.into(), upstream, observer: Some(Arc::new(Print)), ..SessionOptions::default() };
    let session = proxy.open(options).await?;
    println!("{}", session.address());
    tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await?;
    println!("{:?}", session.close().await);
    Ok(())
}
