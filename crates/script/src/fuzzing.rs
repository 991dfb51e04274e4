//! For fuzzers: calls the ops as no script can, with arguments that no prelude would pass.

use std::rc::Rc;

use rquickjs as js;

use crate::log::Log;
use crate::memory::Metered;
use crate::ops::{self, Registry};
use crate::scope::{Hook, Scope};
use crate::watch::{Limits, Watch};
use crate::{prelude, sandbox::Host};

/// Calls ops in the order and with the arguments that the bytes choose. Whatever comes of a call is fine, but for a panic
/// or a crash.
///
/// # Panics
/// When the sandbox cannot be made.
pub fn call_ops(bytes: &[u8]) -> js::Result<()> {
    let limits = Limits { deadline: std::time::Duration::from_secs(5), memory_bytes: 64 << 20, ..Limits::default() };
    let watch = Rc::new(Watch::new(limits.clone()));
    let scope = Scope::new(Host::default(), Log::new(Box::new(|_| {}), Rc::clone(&watch)), Rc::clone(&watch));
    let runtime = js::Runtime::new_with_alloc(Metered::new(limits.memory_bytes, Rc::clone(&watch.refused)))?;
    runtime.set_max_stack_size(512 << 10);
    let interrupt = Rc::clone(&watch);
    runtime.set_interrupt_handler(Some(Box::new(move || interrupt.exceeded())));
    let links = crate::linker::Links::new(Rc::clone(&scope), Vec::new(), std::collections::BTreeMap::new());
    runtime.set_loader(crate::linker::Names(Rc::clone(&links)), crate::linker::Texts(links));
    let context = js::Context::full(&runtime)?;
    let called = watch.measure(|| {
        context.with(|ctx| {
            prelude::load(&ctx, &scope)?;
            let mut registry = Registry { ctx: &ctx, scope: &scope, ops: js::Object::new(ctx.clone())? };
            ops::register(&mut registry)?;
            let ops = registry.ops;
            let vars = js::Object::new(ctx.clone())?;
            scope.hook(&ctx, Hook::Start)?.call::<_, ()>((vars, js::Undefined))?;
            let call: js::Function<'_> = ctx.eval(include_str!("fuzzing.js"))?;
            // A limit or an error of the generator itself ends the round.
            let outcome = call.call::<_, ()>((ops, bytes.to_vec()));
            if outcome.is_err() {
                ctx.catch();
            }
            while !watch.exceeded() && ctx.execute_pending_job() {}
            Ok(())
        })
    });
    scope.clear();
    called
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_argument_breaks_an_op() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let mut state = 0x9E37_79B9_7F4A_7C15_u64;
            for _ in 0..60 {
                let bytes: Vec<u8> = std::iter::repeat_with(|| {
                    // xorshift64
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    state.to_le_bytes()[0]
                })
                .take(2000)
                .collect();
                super::call_ops(&bytes).unwrap();
            }
        });
    }
}
