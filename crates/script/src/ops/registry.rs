//! How an op is put on the object that the prelude gets, and how its promise is settled.

use std::future::Future;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use ::browser::error::{Sentence, Thrown};
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use rquickjs as js;

use super::call_arguments::{hidden_texts, summaries};
use super::model::member;
use crate::calls::Call;
use crate::error::OpError;
use crate::inbox::Item;
use crate::scope::{Hook, Scope, Waiting};
use crate::value::{FromArg, IntoValue, Value, hook_text};

/// What an op under way holds at least: its future, its command to the browser and the answer's place.
const OP_BYTES: usize = 4 << 10;

/// An op under way.
type Work = LocalBoxFuture<'static, Result<Value, OpError>>;
/// Answers a call at once. The engine and the scope know ops in this form alone: what depends on an op's types is compiled for
/// each of three hundred, and has to be small.
type Answer = dyn Fn(&Rc<Scope>, &js::function::Rest<js::Value<'_>>) -> Result<Value, OpError>;
/// Begins what a call asks for.
type Begin = dyn Fn(&Rc<Scope>, &js::function::Rest<js::Value<'_>>) -> Result<Work, OpError>;

/// The arguments of an op: a tuple of up to six [`FromArg`].
pub(crate) trait FromArgs: Sized {
    /// Reads them in order; what the call left out is undefined.
    ///
    /// # Errors
    /// The first argument's that does not fit.
    fn from_args(args: &js::function::Rest<js::Value<'_>>, scope: &Scope) -> Result<Self, OpError>;
}

macro_rules! from_args {
    ($($($name:ident)*;)*) => {$(
        impl<$($name: FromArg),*> FromArgs for ($($name,)*) {
            #[allow(unused_variables, unused_mut, non_snake_case)]
            fn from_args(args: &js::function::Rest<js::Value<'_>>, scope: &Scope) -> Result<Self, OpError> {
                let mut index = 0;
                $(let $name = argument::<$name>(args, &mut index, scope)?;)*
                Ok(($($name,)*))
            }
        }
    )*};
}
from_args! { ; A; A B; A B C; A B C D; A B C D E; A B C D E F; }

fn argument<T: FromArg>(args: &[js::Value<'_>], index: &mut usize, scope: &Scope) -> Result<T, OpError> {
    let absent = args.first().map(|first| js::Value::new_undefined(first.ctx().clone()));
    let value = args.get(*index).or(absent.as_ref());
    *index += 1;
    match value {
        Some(value) => T::from_arg(value, scope),
        None => Err(OpError::type_error("the op got no argument at all")),
    }
}

/// Puts ops on the object that the prelude gets.
pub(crate) struct Registry<'a, 'js> {
    pub(crate) ctx: &'a js::Ctx<'js>,
    pub(crate) scope: &'a Rc<Scope>,
    pub(crate) ops: js::Object<'js>,
    /// Whether the ops that follow reach the browser.
    pub(super) on_browser: bool,
}

impl<'a, 'js> Registry<'a, 'js> {
    /// On a new object, which is the job's when it has none.
    pub(crate) fn new(ctx: &'a js::Ctx<'js>, scope: &'a Rc<Scope>) -> js::Result<Self> {
        let ops = js::Object::new(ctx.clone())?;
        scope.ops.object.borrow_mut().get_or_insert_with(|| js::Persistent::save(ctx, ops.clone()));
        Ok(Self { ctx, scope, ops, on_browser: false })
    }

    /// On the job's object.
    pub(super) fn of(ctx: &'a js::Ctx<'js>, scope: &'a Rc<Scope>, on_browser: bool) -> js::Result<Self> {
        let ops = scope.ops.object.borrow().clone().ok_or(js::Error::Unknown)?;
        Ok(Self { ctx, scope, ops: ops.restore(ctx)?, on_browser })
    }

    /// An op that answers at once.
    pub(crate) fn sync<A, R, O>(&mut self, name: &str, op: O) -> js::Result<()>
    where
        A: FromArgs + 'static,
        R: IntoValue + 'static,
        O: Fn(&Rc<Scope>, A) -> Result<R, OpError> + 'static,
    {
        let answer = move |scope: &Rc<Scope>, args: &js::function::Rest<js::Value<'_>>| {
            op(scope, A::from_args(args, scope)?).map(R::into_value)
        };
        self.put_sync(name, Box::new(answer))
    }

    fn put_sync(&mut self, name: &str, answer: Box<Answer>) -> js::Result<()> {
        let (scope, on_browser) = (Rc::clone(self.scope), self.on_browser);
        let call = move |ctx: js::Ctx<'js>, args: js::function::Rest<js::Value<'js>>| {
            scope.note_call(on_browser);
            match answer(&scope, &args) {
                Ok(value) => value.into_js(&ctx, &scope),
                Err(error) => Err(throw(&ctx, &scope, &error, "")),
            }
        };
        self.ops.set(name, js::Function::new(self.ctx.clone(), call)?)
    }

    /// An op that takes the engine's values itself.
    pub(crate) fn raw(&mut self, name: &str, op: js::Function<'js>) -> js::Result<()> {
        self.ops.set(name, op)
    }

    /// An op that answers with a promise.
    pub(crate) fn future<A, R, F, O>(&mut self, name: &'static str, op: O) -> js::Result<()>
    where
        A: FromArgs + 'static,
        R: IntoValue + 'static,
        F: Future<Output = Result<R, OpError>> + 'static,
        O: Fn(Rc<Scope>, A) -> F + 'static,
    {
        let begin = move |scope: &Rc<Scope>, args: &js::function::Rest<js::Value<'_>>| {
            let op = op(Rc::clone(scope), A::from_args(args, scope)?);
            Ok(op.map(|answer| answer.map(R::into_value)).boxed_local())
        };
        self.put_future(name, Box::new(begin))
    }

    fn put_future(&mut self, name: &'static str, begin: Box<Begin>) -> js::Result<()> {
        let (scope, on_browser) = (Rc::clone(self.scope), self.on_browser);
        let call = move |ctx: js::Ctx<'js>, args: js::function::Rest<js::Value<'js>>| {
            scope.note_call(on_browser);
            let (promise, resolve, reject) = ctx.promise()?;
            let shown = |count| summaries(&args, count, &scope);
            let hidden = |count| hidden_texts(&args, count, &scope);
            let call = if on_browser { scope.host.calls.call(name, shown, hidden) } else { None };
            scope.crossed.set(0);
            let number = scope.cancels.take_number();
            match begin(&scope, &args) {
                Ok(op) => {
                    let op = match scope.command_limit.get().filter(|_| on_browser) {
                        Some(limit) => ::browser::session::limiting_commands(limit, op).boxed_local(),
                        None => op,
                    };
                    let op = match if on_browser { preparation(&scope, name) } else { None } {
                        Some(preparation) => preparation.then(|()| op).boxed_local(),
                        None => op,
                    };
                    let op = match number {
                        Some(number) => scope.cancels.until_cancelled(number, op).boxed_local(),
                        None => op,
                    };
                    start(&ctx, &scope, resolve, reject, call, op)?;
                }
                Err(error) if error.thrown => reject.call::<_, ()>((ctx.catch(),))?,
                Err(error) => {
                    let stack = hook_text(&ctx, &scope, Hook::RawStack, ())?;
                    reject.call::<_, ()>((make_error(&ctx, &scope, &error, &stack)?,))?;
                }
            }
            Ok::<_, js::Error>(promise)
        };
        self.ops.set(name, js::Function::new(self.ctx.clone(), call)?)
    }
}

/// Ops that a page's document has no part in.
const WITHOUT_DOCUMENT: [&str; 8] = [
    "page_authenticate",
    "page_cookies",
    "page_set_cache_enabled",
    "page_set_cookies",
    "page_set_extra_http_headers",
    "page_set_request_interception",
    "page_set_user_agent",
    "page_set_viewport",
];

/// What the op must wait for before it begins: a page that has waited gets another document for those that look at it.
fn preparation(scope: &Scope, name: &str) -> Option<impl Future<Output = ()> + use<>> {
    let page_use = &scope.host.page_use;
    if WITHOUT_DOCUMENT.contains(&name) {
        return None;
    }
    if name == "frame_goto" {
        page_use.skip_preparation();
    }
    page_use.preparation()
}

/// Polls the op once and leaves the rest to the sandbox. Even an answer that is there at once goes through the inbox.
fn start<'js>(
    ctx: &js::Ctx<'js>,
    scope: &Rc<Scope>,
    resolve: js::Function<'js>,
    reject: js::Function<'js>,
    call: Option<Call>,
    mut op: Work,
) -> js::Result<()> {
    let first = op.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    let failed_or_waits = !matches!(first, Poll::Ready(Ok(_)));
    let stack =
        if failed_or_waits || call.is_some() { hook_text(ctx, scope, Hook::RawStack, ())? } else { String::new() };
    let told = scope.host.calls.began(call, &stack);
    // What waits outside the engine counts as the job's memory: calls that nobody awaits would fill the process's.
    let held = OP_BYTES + stack.len() + scope.crossed.take();
    if !scope.meter.memory.take(held) {
        return Err(js::Exception::throw_internal(ctx, "out of memory"));
    }
    let promise = {
        let mut promises = scope.promises.borrow_mut();
        promises.last = promises.last.wrapping_add(1);
        let number = promises.last;
        let (resolve, reject) = (js::Persistent::save(ctx, resolve), js::Persistent::save(ctx, reject));
        promises.waiting.insert(number, Waiting { resolve, reject, stack, held });
        number
    };
    let inbox = scope.inbox.clone();
    match first {
        Poll::Ready(result) => {
            told.ended(result.as_ref().err());
            inbox.push(Item::Completion { promise, result });
        }
        Poll::Pending => scope.started.borrow_mut().push(
            async move {
                let result = op.await;
                told.ended(result.as_ref().err());
                inbox.push(Item::Completion { promise, result });
            }
            .boxed_local(),
        ),
    }
    Ok(())
}

/// Settles the promise of an op that has ended.
pub(crate) fn settle(ctx: &js::Ctx<'_>, scope: &Scope, promise: u32, result: Result<Value, OpError>) -> js::Result<()> {
    let Some(waiting) = scope.promises.borrow_mut().waiting.remove(&promise) else { return Ok(()) };
    scope.meter.memory.give_back(waiting.held);
    let converted = match result {
        Ok(value) => value.into_js(ctx, scope),
        Err(error) => {
            let error = make_error(ctx, scope, &error, &waiting.stack)?;
            return waiting.reject.restore(ctx)?.call((error,));
        }
    };
    match converted {
        Ok(value) => waiting.resolve.restore(ctx)?.call((value,)),
        Err(js::Error::Exception) => waiting.reject.restore(ctx)?.call((ctx.catch(),)),
        Err(error) => Err(error),
    }
}

fn throw(ctx: &js::Ctx<'_>, scope: &Scope, error: &OpError, stack: &str) -> js::Error {
    if error.thrown {
        return js::Error::Exception;
    }
    match make_error(ctx, scope, error, stack) {
        Ok(value) => ctx.throw(value),
        Err(error) => error,
    }
}

fn make_error<'js>(ctx: &js::Ctx<'js>, scope: &Scope, error: &OpError, stack: &str) -> js::Result<js::Value<'js>> {
    let make = scope.hook(ctx, Hook::MakeError)?;
    let Some(model) = &error.model else { return make.call((error.class, error.message.as_str(), stack)) };
    match model.thrown(scope.dialect()) {
        Thrown::Error(sentence) if sentence.cause.is_none() && sentence.original_message.is_none() => {
            make.call((sentence.class, sentence.message, stack))
        }
        Thrown::Error(sentence) => {
            let more = more_of(&sentence).into_js(ctx, scope)?;
            make.call((sentence.class, sentence.message, stack, more))
        }
        Thrown::OfPage(exception) => match exception.value() {
            Some(value) => value.into_value().into_js(ctx, scope),
            None => {
                let (name, message) = exception.name_and_message();
                let more = vec![member("name", name.into_value()), member("pageStack", exception.stack().into_value())];
                make.call(("Error", message, stack, Value::Object(more).into_js(ctx, scope)?))
            }
        },
    }
}

/// What an error has besides class and text, as `makeError` of `js/core/errors.js` takes it.
fn more_of(sentence: &Sentence) -> Value {
    let mut members = Vec::new();
    if let Some(cause) = &sentence.cause {
        let mut told =
            vec![member("class", cause.class.into_value()), member("message", cause.message.clone().into_value())];
        told.push(member("more", more_of(cause)));
        members.push(member("cause", Value::Object(told)));
    }
    if let Some(original) = &sentence.original_message {
        members.push(member("originalMessage", original.clone().into_value()));
    }
    Value::Object(members)
}
