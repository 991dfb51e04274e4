//! A job's first step: its texts become modules, and its code begins.

use std::rc::Rc;

use job_model::{Api, Language};
use rquickjs as js;

use super::{Phase, Sandbox, Script, dialect, run_job};
use crate::error_place::ErrorPlace;
use crate::linker::{Names, Texts, set_meta};
use crate::links::{CODE_URL, Code, Links};
use crate::prelude::{self, LateGlobals, Needs};
use crate::scope::Hook;
use crate::surface::Surface;
use crate::value::Value;
use crate::{ops, source, typescript};

impl Sandbox {
    /// Loads the prelude, links the modules and starts their evaluation; CommonJS has nothing to link and runs.
    pub(super) fn begin(&mut self, script: Script) {
        let scope = Rc::clone(&self.scope);
        let memory_bytes = scope.meter.limits.memory_bytes;
        let mut code = source::without_shebang(&script.code);
        let mut own = Code { source: script.code.clone(), java_script: None };
        let mut unreadable = None;
        if script.language == Language::Ts {
            match scope.meter.measure(|| typescript::strip(&code, memory_bytes)) {
                Ok(java_script) => {
                    code = java_script.text.clone().into();
                    own.java_script = Some(java_script);
                }
                Err(error) => {
                    code = String::new().into();
                    unreadable = Some(error);
                }
            }
        }
        let mut surface = Surface::of(&code);
        let has_modules = !script.modules.is_empty();
        let links = Links::new(Rc::clone(&scope.whole), own, &surface, script.modules, memory_bytes);
        *scope.links.borrow_mut() = Some(Rc::clone(&links));
        if let Some(error) = unreadable {
            let text = format!("SyntaxError: {}", error.message);
            let stack = format!("{text}\n    at {CODE_URL}:{}:{}", error.line, error.column);
            let place = ErrorPlace::new(Some(&links), CODE_URL, (error.line, error.column), stack);
            scope.run_times.borrow_mut().place = Some(place);
            self.phase = Phase::Ended(Some(text));
            return;
        }
        if !scope.whole.get() && script.language == Language::Js && *code != script.code {
            // The predecessor refused a first line for Unix.
            code = script.code.as_str().into();
            surface = Surface::of(&code);
        }
        let wrapped = source::wrap(&code, &surface);
        let texts = || links.texts().map(String::as_str).chain([&*code]);
        let reg_exp_statics = texts().any(source::names_reg_exp_statics);
        let globals = LateGlobals::of(texts, scope.whole.get());
        let builtins = links.all_builtins(&surface);
        // A script that asks for the module is written for today's Puppeteer, unless the job says another.
        if script.api.is_none() && builtins.iter().any(|builtin| builtin.url.starts_with("internal:puppeteer/")) {
            scope.set_dialect(dialect(Some(Api::V25)));
        }
        let needs = Needs::of(texts, has_modules || wrapped.script || !wrapped.names.is_empty());
        let early = needs.urls().chain(globals.urls()).chain(prelude::language_methods_named(texts()));
        let builtins = builtins.iter().map(|builtin| builtin.url);
        self.runtime
            .set_loader(Names(Rc::clone(&links), Rc::clone(&scope)), Texts(Rc::clone(&links), Rc::clone(&scope)));
        let begun = self.enter(|ctx| {
            prelude::load(ctx, &scope, early, builtins)?;
            // The prelude does not fail for a limit: a job that has too little ends by its own first step.
            scope.meter.memory.set_limit(scope.meter.limits.memory_bytes);
            let vars = script.vars.into_iter().map(|(name, text)| (name, Value::String(text))).collect();
            let page = scope.host.page.clone();
            let has_late_page = page.is_some() && !needs.page;
            let page = page.filter(|_| needs.page).map_or(Value::Undefined, Value::Resource);
            let (vars, page) = (Value::Object(vars).into_js(ctx, &scope)?, page.into_js(ctx, &scope)?);
            scope.hook(ctx, Hook::Start)?.call::<_, ()>((
                vars,
                page,
                reg_exp_statics,
                scope.dialect().is_modern(),
                globals.late(),
                globals.named(),
                has_late_page,
            ))?;
            scope.host.page_use.watch();
            if wrapped.script {
                let make: js::Function<'_> = ops::modules::script(ctx, CODE_URL, wrapped.text)?.get()?;
                return run_job(ctx, &scope, make, &wrapped.names, true);
            }
            let module = js::Module::declare(ctx.clone(), CODE_URL, wrapped.text)?;
            set_meta(&module, CODE_URL, scope.whole.get())?;
            let (module, done) = module.eval()?;
            let exports = module.namespace()?;
            Ok(Phase::Linking {
                exports: js::Persistent::save(ctx, exports),
                done: js::Persistent::save(ctx, done),
                names: wrapped.names,
            })
        });
        self.phase = match begun {
            Ok(phase) => phase,
            Err(text) => Phase::Ended(Some(text)),
        };
    }
}
