use std::rc::Rc;

use rquickjs as js;

use super::registry::Registry;
use super::{register, register_for};
use crate::host::Host;
use crate::limits::Limits;
use crate::log::Log;
use crate::meter::Meter;
use crate::prelude;
use crate::scope::Scope;
use crate::stop::Stop;

/// A module that asks for an op of another group would find it only in jobs that read that group's module before.
#[test]
fn every_module_has_the_ops_that_it_asks_for() {
    let runtime = js::Runtime::new().unwrap();
    let context = js::Context::full(&runtime).unwrap();
    let mut missing = Vec::new();
    for (url, text) in prelude::texts() {
        let meter = Rc::new(Meter::new(Limits::default(), Stop::default()));
        let scope = Scope::new(Host::default(), Log::new(Box::new(|_| {}), Rc::clone(&meter), 0), meter);
        context.with(|ctx| {
            let mut registry = Registry::new(&ctx, &scope).unwrap();
            register(&mut registry).unwrap();
            let ops = registry.ops;
            register_for(&ctx, &scope, url).unwrap();
            if text.contains("} = ops;") {
                missing.push(format!("{url} takes ops by a pattern, which this does not read"));
            }
            for (at, _) in text.match_indices("ops.") {
                let name: String = text[at + 4..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let is_op = !text[..at].ends_with(|before: char| before.is_alphanumeric() || "._$".contains(before));
                if is_op && !ops.contains_key(name.as_str()).unwrap() {
                    missing.push(format!("{url} asks for {name}"));
                }
            }
        });
        scope.clear();
    }
    assert_eq!(missing, Vec::<String>::new());
}
