//! For fuzzers: calls the ops as no script can, with arguments that no prelude would pass, and the prelude's functions
//! with what no author would.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use browser::Page;
use browser::js_handle::JSHandle;
use browser::remote_object::{Argument, PageFunction};
use rquickjs as js;

use crate::host::Host;
use crate::inbox::Item;
use crate::limits::Limits;
use crate::linker::{Names, Texts};
use crate::links::{Code, Links};
use crate::log::Log;
use crate::memory::Metered;
use crate::meter::Meter;
use crate::ops;
use crate::ops::registry::{self, Registry};
use crate::resources::{Resource, ResourceRef};
use crate::scope::{Hook, Scope};
use crate::stop::Stop;
use crate::surface::Surface;
use crate::value::{Bytes, Json, Value};
use crate::{prelude, results, source};

/// Ops under way, timers and events get so many turns.
const TURNS: usize = 50;

/// Calls ops in the order and with the arguments that the bytes choose. Whatever comes of a call is fine, but for a panic
/// or a crash.
///
/// # Errors
/// When the sandbox cannot be made.
pub fn call_ops(bytes: &[u8]) -> js::Result<()> {
    let limits = Limits {
        deadline: Duration::from_secs(5),
        cpu: Duration::from_secs(2),
        memory_bytes: 64 << 20,
        ..Limits::default()
    };
    let meter = Rc::new(Meter::new(limits.clone(), Stop::default()));
    let scope = Scope::new(Host::default(), Log::new(Box::new(|_| {}), Rc::clone(&meter), 0), Rc::clone(&meter));
    let runtime = js::Runtime::new_with_alloc(Metered::new(Rc::clone(&meter.memory)))?;
    runtime.set_max_stack_size(512 << 10);
    let interrupt = Rc::clone(&meter);
    runtime.set_interrupt_handler(Some(Box::new(move || interrupt.exceeded())));
    let links = Links::new(Rc::clone(&scope.whole), Code::default(), &Surface::default(), BTreeMap::new(), 0);
    runtime.set_loader(Names(Rc::clone(&links), Rc::clone(&scope)), Texts(Rc::clone(&links), Rc::clone(&scope)));
    let context = js::Context::full(&runtime)?;
    let called = meter.measure(|| {
        context.with(|ctx| {
            prelude::load(&ctx, &scope, std::iter::empty(), std::iter::empty())?;
            meter.memory.set_limit(limits.memory_bytes);
            let ops = every_op(&ctx, &scope)?;
            let vars = js::Object::new(ctx.clone())?;
            scope.hook(&ctx, Hook::Start)?.call::<_, ()>((
                vars,
                js::Undefined,
                true,
                false,
                Vec::<&str>::new(),
                Vec::<&str>::new(),
            ))?;
            let call: js::Function<'_> = ctx.eval(include_str!("fuzzing.js"))?;
            // A limit or an error of the generator itself ends the round.
            if call.call::<_, ()>((ops, bytes.to_vec())).is_err() {
                ctx.catch();
            }
            take_turns(&ctx, &scope);
            Ok(())
        })
    });
    scope.clear();
    // Time that other processes took can end even the prelude.
    if meter.exceeded() { Ok(()) } else { called }
}

/// A job's code and a module's, and the text of its results.
pub fn read_code(text: &str) {
    let surface = Surface::of(text);
    let wrapped = source::wrap(text, &surface);
    let breaks = |text: &str| text.matches('\n').count();
    assert_eq!(breaks(&wrapped.text), breaks(text) + 2, "lines are where their author wrote them");
    let _ = crate::common_js::export_names(text);
    let _ = results::parse(text);
}

/// The real ops, the conversions of arguments that they reach only with a page, and objects of every class that are none.
fn every_op<'js>(ctx: &js::Ctx<'js>, scope: &Rc<Scope>) -> js::Result<js::Object<'js>> {
    let mut registry = Registry::new(ctx, scope)?;
    ops::register_all(&mut registry)?;
    registry.sync("read_value", |_, (value,): (Value,)| Ok(value))?;
    registry.sync("read_json", |_, (Json(value),): (Json<serde_json::Value>,)| Ok(value))?;
    registry.sync("read_texts", |_, (texts, last): (Vec<String>, Option<String>)| {
        Ok(texts.len() as f64 + last.map_or(0.0, |text| text.len() as f64))
    })?;
    registry.sync("read_bytes", |_, (bytes, list): (Bytes, Option<Vec<Bytes>>)| {
        Ok(list.map_or(bytes, |mut list| list.pop().unwrap_or(Bytes(Vec::new()))))
    })?;
    registry.sync("read_function", |_, (function, arguments): (PageFunction, Vec<Argument>)| {
        Ok(function.call_expression(&arguments))
    })?;
    registry.future("read_later", |_, (value, wait): (Value, bool)| async move {
        if wait {
            tokio::task::yield_now().await;
        }
        Ok(value)
    })?;
    registry.sync("read_page", |_, (page, handle): (Rc<Page>, Rc<JSHandle>)| {
        Ok((Rc::strong_count(&page) + Rc::strong_count(&handle)) as f64)
    })?;
    for class in ["Page", "Frame", "JSHandle", "ElementHandle", "Request", "Browser", "Dialog", "NoClass"] {
        let rid = scope.resources.borrow_mut().insert(&ResourceRef::new(Rc::new(Impostor(class)))).0;
        debug_assert!(rid > 0);
    }
    Ok(registry.ops)
}

/// Has the id and the class of something that it is not.
struct Impostor(&'static str);

impl Resource for Impostor {
    fn class(&self) -> &'static str {
        self.0
    }
}

/// Runs what the calls have left behind, as the sandbox does.
fn take_turns(ctx: &js::Ctx<'_>, scope: &Rc<Scope>) {
    let mut waiting = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..TURNS {
        while !scope.meter.exceeded() && ctx.execute_pending_job() {}
        waiting.extend(scope.started.take());
        waiting.retain_mut(|op| op.as_mut().poll(&mut cx).is_pending());
        while let Poll::Ready(id) = scope.timers.borrow_mut().poll_due(&mut cx) {
            scope.inbox.push(Item::Timer(id));
        }
        let Poll::Ready(item) = scope.inbox.poll_pop(&mut cx) else { return };
        let delivered = match item {
            Item::Completion { promise, result } => registry::settle(ctx, scope, promise, result),
            Item::Timer(id) => scope.hook(ctx, Hook::Fire).and_then(|hook| hook.call((id,))),
            Item::Event { .. } => Ok(()),
        };
        if delivered.is_err() {
            ctx.catch();
        }
        if scope.meter.exceeded() {
            return;
        }
    }
}
