//! Which module a name means: the job's own modules for its code, the embedded prelude for the prelude alone.
//!
//! The engine links depth first, the predecessor linked level by level; the log follows the predecessor, so the lines
//! are written for the whole tree of imports when the first of them is resolved.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::rc::Rc;

use job_model::Level;
use rquickjs as js;
use rquickjs::loader::{ImportAttributes, Loader, Resolver};

use crate::prelude;
use crate::scope::Scope;
use crate::source;

/// The URL of the job's code.
pub(crate) const CODE_URL: &str = "file:///puppet-master/code";
/// The URL of a module, without its name.
const MODULE_URL: &str = "file:///puppet-master/module/";

/// The names of one job.
pub(crate) struct Links {
    scope: Rc<Scope>,
    code_imports: Vec<String>,
    modules: BTreeMap<String, String>,
    linked: RefCell<HashSet<String>>,
    /// The prelude is complete: its names mean nothing any more.
    sealed: Cell<bool>,
}

impl Links {
    pub(crate) fn new(scope: Rc<Scope>, code_imports: Vec<String>, modules: BTreeMap<String, String>) -> Rc<Self> {
        let (linked, sealed) = (RefCell::default(), Cell::new(false));
        Rc::new(Self { scope, code_imports, modules, linked, sealed })
    }

    pub(crate) fn seal(&self) {
        self.sealed.set(true);
    }

    /// Writes the lines for an import that is resolved for the first time; the code's own imports come all at once.
    fn link(&self, base: &str, name: &str) -> Result<(), String> {
        if base == CODE_URL && self.linked.borrow_mut().insert(CODE_URL.to_owned()) {
            self.link_level(self.code_imports.clone())?;
        }
        if self.linked.borrow().contains(&format!("{MODULE_URL}{name}")) {
            return Ok(());
        }
        self.link_level(vec![name.to_owned()])
    }

    /// Writes a line per import, then those of the imported modules, level by level. Each importer is visited once. A
    /// name that is missing does not keep the others from their lines; the first one is the error.
    fn link_level(&self, imports: Vec<String>) -> Result<(), String> {
        let available = self.modules.keys().map(String::as_str).collect::<Vec<_>>().join(",");
        let mut levels = VecDeque::from([imports]);
        let mut missing = None;
        while let Some(imports) = levels.pop_front() {
            for import in imports {
                let line = format!("Linking module {import} to undefined (Available: {available})");
                self.scope.log.write(Level::Debug, line);
                let Some(text) = self.modules.get(&import) else {
                    missing.get_or_insert(import);
                    continue;
                };
                if self.linked.borrow_mut().insert(format!("{MODULE_URL}{import}")) {
                    levels.push_back(source::imports(text));
                }
            }
        }
        missing.map_or(Ok(()), Err)
    }
}

/// Gives names their URLs.
pub(crate) struct Names(pub(crate) Rc<Links>);

impl Resolver for Names {
    fn resolve<'js>(
        &mut self,
        ctx: &js::Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> js::Result<String> {
        if !self.0.sealed.get() && base.starts_with(prelude::PREFIX) {
            return Ok(name.to_owned());
        }
        match self.0.link(base, name) {
            Ok(()) if self.0.modules.contains_key(name) => Ok(format!("{MODULE_URL}{name}")),
            Ok(()) => Err(unresolved(ctx, name)),
            Err(missing) => Err(unresolved(ctx, &missing)),
        }
    }
}

fn unresolved(ctx: &js::Ctx<'_>, name: &str) -> js::Error {
    js::Exception::throw_message(ctx, &format!("Unable to resolve dependency: {name}"))
}

/// Gives URLs their text.
pub(crate) struct Texts(pub(crate) Rc<Links>);

impl Loader for Texts {
    fn load<'js>(
        &mut self,
        ctx: &js::Ctx<'js>,
        url: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> js::Result<js::Module<'js>> {
        if !self.0.sealed.get()
            && let Some(module) = prelude::declare(ctx, url)
        {
            return module;
        }
        let name = url.strip_prefix(MODULE_URL).unwrap_or(url);
        let Some(text) = self.0.modules.get(name) else { return Err(unresolved(ctx, name)) };
        let module = js::Module::declare(ctx.clone(), url, text.as_str())?;
        module.meta()?.set("url", url)?;
        Ok(module)
    }
}
