//! Gives the engine the modules that the names of a job mean.

use std::rc::Rc;

use rquickjs as js;
use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use url::Url;

use crate::links::{BUILTIN, CODE_URL, COMMON_JS, FileKind, JSON, Links, MODULE_URL, Target, path_of};
use crate::ops::modules::unreadable;
use crate::resolution::is_relative;
use crate::scope::{Hook, Scope};
use crate::source::without_shebang;
use crate::{builtins, common_js, prelude};

/// What `import.meta` of a file says: in a job of the predecessor its address alone.
pub(crate) fn set_meta(module: &js::Module<'_>, url: &str, whole: bool) -> js::Result<()> {
    let meta = module.meta()?;
    if !whole {
        return meta.set("url", url);
    }
    let path = path_of(url);
    meta.set("dirname", path.rsplit_once('/').map_or("/", |(folder, _)| if folder.is_empty() { "/" } else { folder }))?;
    meta.set("filename", path.as_str())?;
    meta.set("main", url == CODE_URL)?;
    let address =
        format!("file://{}", path.replace('%', "%25").replace('?', "%3F").replace('#', "%23").replace(' ', "%20"));
    meta.set("url", address.as_str())?;
    let resolve = move |name: String| address_of(&address, &name);
    meta.set("resolve", js::Function::new(meta.ctx().clone(), resolve)?)
}

/// The address of what a file means by a name, as `import.meta.resolve` answers it. Nothing is looked for.
fn address_of(importer: &str, name: &str) -> String {
    if let Some(builtin) = builtins::find(name).filter(|builtin| builtin.url.starts_with("internal:node/")) {
        return format!("node:{}", builtin.name);
    }
    let relative = is_relative(name) || name.starts_with('/');
    let base = Url::parse(importer).ok();
    let found = if relative { base.and_then(|base| base.join(name).ok()) } else { Url::parse(name).ok() };
    found.map_or_else(|| format!("file:///{name}"), String::from)
}

/// Gives names their URLs.
pub(crate) struct Names(pub(crate) Rc<Links>, pub(crate) Rc<Scope>);

impl Resolver for Names {
    fn resolve<'js>(
        &mut self,
        ctx: &js::Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> js::Result<String> {
        // A file of the job never has such a base, whatever it is called.
        if base.starts_with(prelude::PREFIX) {
            return Ok(name.to_owned());
        }
        let throw = |error: String| js::Exception::throw_message(ctx, &error);
        self.0.link(&self.1.log, base, name).map_err(throw)?;
        Ok(match self.0.resolve(base, name).map_err(throw)? {
            Target::Builtin(builtin) => format!("{BUILTIN}{}", builtin.name),
            Target::Own(name) => match self.0.kind(&name) {
                FileKind::Module => format!("{MODULE_URL}{name}"),
                FileKind::CommonJs => format!("{COMMON_JS}{MODULE_URL}{name}"),
                FileKind::Json => format!("{JSON}{MODULE_URL}{name}"),
            },
        })
    }
}

/// Gives URLs their text.
pub(crate) struct Texts(pub(crate) Rc<Links>, pub(crate) Rc<Scope>);

impl Texts {
    /// The module that stands for another kind of file: its `import.meta.exports` answers the file's value.
    fn stand_in<'js>(
        &self,
        ctx: &js::Ctx<'js>,
        url: &str,
        names: &[String],
        hook: Hook,
        argument: &str,
    ) -> js::Result<js::Module<'js>> {
        let module = js::Module::declare(ctx.clone(), url, common_js::module_text(names))?;
        let (scope, argument) = (Rc::clone(&self.1), argument.to_owned());
        let read = move |ctx: js::Ctx<'js>| scope.hook(&ctx, hook)?.call::<_, js::Value<'js>>((argument.as_str(),));
        module.meta()?.set("exports", js::Function::new(ctx.clone(), read)?)?;
        Ok(module)
    }
}

impl Loader for Texts {
    fn load<'js>(
        &mut self,
        ctx: &js::Ctx<'js>,
        url: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> js::Result<js::Module<'js>> {
        let links = &self.0;
        if let Some(module) = prelude::declare(ctx, &self.1, url) {
            return module;
        }
        if let Some(name) = url.strip_prefix(BUILTIN)
            && let Some(builtin) = builtins::find(name)
        {
            let exports: js::Object<'js> = self.1.hook(ctx, Hook::Builtin)?.call((builtin.url,))?;
            let names: Vec<String> = exports.keys::<String>().collect::<js::Result<_>>()?;
            let names: Vec<String> = names.into_iter().filter(|name| common_js::is_identifier(name)).collect();
            return self.stand_in(ctx, url, &names, Hook::Builtin, builtin.url);
        }
        if let Some(own) = url.strip_prefix(COMMON_JS) {
            let text = own.strip_prefix(MODULE_URL).and_then(|name| links.text(name)).unwrap_or_default();
            return self.stand_in(ctx, url, &common_js::export_names(text), Hook::CommonJs, own);
        }
        if let Some(own) = url.strip_prefix(JSON) {
            return self.stand_in(ctx, url, &[], Hook::CommonJs, own);
        }
        let name = url.strip_prefix(MODULE_URL).unwrap_or(url);
        if let Some(Err(error)) = links.java_script(name) {
            return Err(unreadable(ctx, &self.1, url, error));
        }
        let Some(text) = links.text(name) else {
            return Err(js::Exception::throw_message(ctx, &links.unresolved(url, name)));
        };
        let module = js::Module::declare(ctx.clone(), url, without_shebang(text).into_owned())?;
        set_meta(&module, url, self.1.whole.get())?;
        Ok(module)
    }
}
