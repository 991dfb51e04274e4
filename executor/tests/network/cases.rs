//! The cases: a name, whether it reaches a listener that is open, and the job's code.

/// What every case's code begins with.
pub(crate) const PRELUDE: &str = r#"
const {site, port, name, patience} = vars;
const target = `http://127.0.0.1:${port}/${name}`;
const serve = (body, {type = 'text/html', status = 200, headers = ''} = {}) =>
    `${site}/serve?status=${status}&type=${encodeURIComponent(type)}&headers=${encodeURIComponent(headers)}&body=${encodeURIComponent(body)}`;
const html = (body, headers) => serve(body, {headers});
const script = body => serve(body, {type: 'text/javascript'});
const redirect = (to, status = 302) => serve('', {status, headers: `Location: ${to}`});
const settle = () => new Promise(done => setTimeout(done, Number(patience)));
const patient = {timeout: 5000};
const go = async (url, on = page) => { await on.goto(url, patient).catch(() => 0); await settle(); };
const show = (body, headers) => go(html(body, headers));
const inPage = async (code, ...args) => {
    await page.goto(html('<p>page'), patient);
    await page.evaluate(code, target, ...args).catch(() => 0);
    await settle();
};
"#;

/// Spellings of this machine, each fetched by a page; whether the spelling leads to the listener when it is open.
pub(crate) const ADDRESSES: &[(&str, bool)] = &[
    ("127.0.0.1", true),
    ("127.1", true),
    ("2130706433", true),
    ("017700000001", true),
    ("0177.0.0.1", true),
    ("0x7f.0.0.1", true),
    ("0x7f000001", true),
    ("0.0.0.0", true),
    ("0", true),
    ("localhost", true),
    ("LOCALHOST", true),
    ("localhost.", true),
    ("app.localhost", true),
    ("[::1]", true),
    ("[::]", true),
    ("[::ffff:127.0.0.1]", true),
    ("[::ffff:7f00:1]", true),
    // Routed nowhere on an ordinary machine; the guard must not find out.
    ("[::127.0.0.1]", false),
    ("[64:ff9b::127.0.0.1]", false),
    ("[2002:7f00:1::]", false),
    ("[fe80::1%25lo]", false),
    ("closed.test", true),
    ("closed6.test", true),
    ("mapped.test", true),
    ("nat64.test", false),
    ("zero.test", true),
    ("bücher.test", true),
];

type Case = (&'static str, bool, &'static str);

/// Everything else.
pub(crate) const CASES: &[Case] = &[
    // Navigations.
    ("goto", true, "await go(target)"),
    ("goto_https", true, "await go(target.replace('http', 'https'))"),
    ("goto_localhost", true, "await go(target.replace('127.0.0.1', 'localhost'))"),
    ("goto_ipv6", true, "await go(target.replace('127.0.0.1', '[::1]'))"),
    ("goto_name", true, "await go(target.replace('127.0.0.1', 'closed.test'))"),
    ("redirect_301", true, "await go(redirect(target, 301))"),
    ("redirect_302", true, "await go(redirect(target, 302))"),
    ("redirect_303", true, "await go(redirect(target, 303))"),
    ("redirect_307", true, "await go(redirect(target, 307))"),
    ("redirect_308", true, "await go(redirect(target, 308))"),
    ("redirect_twice", true, "await go(redirect(redirect(target).replace('127.0.0.2', 'site.test')))"),
    ("redirect_of_image", true, "await show(`<img src='${redirect(target)}'>`)"),
    ("meta_refresh", true, "await show(`<meta http-equiv=refresh content='0;url=${target}'>`)"),
    ("refresh_header", true, "await show('x', `Refresh: 0;url=${target}`)"),
    ("location_assign", true, "await inPage(url => { location.assign(url) })"),
    ("location_replace", true, "await inPage(url => { location.replace(url) })"),
    ("javascript_url", true, "await show(`<iframe src=\"javascript:location.href='${target}'\"></iframe>`)"),
    ("window_open", true, "await inPage(url => { open(url) })"),
    ("link_click", true, "await page.goto(html(`<a href='${target}'>x</a>`)); await page.click('a'); await settle()"),
    (
        "link_ping",
        true,
        "await page.goto(html(`<a href='#x' ping='${target}'>x</a>`)); await page.click('a'); await settle()",
    ),
    ("form_get", true, "await show(`<form action='${target}'></form><script>document.forms[0].submit()</script>`)"),
    (
        "form_post",
        true,
        "await show(`<form method=post action='${target}'><input name=a value=b></form><script>document.forms[0].submit()</script>`)",
    ),
    (
        "form_of_popup",
        true,
        "await show(`<form target=_blank action='${target}'></form><script>document.forms[0].submit()</script>`)",
    ),
    (
        "history_back",
        true,
        "await go(target); await go('about:blank'); await page.goBack(patient).catch(() => 0); await settle()",
    ),
    ("set_content", true, "await page.setContent(`<img src='${target}'>`, patient).catch(() => 0); await settle()"),
    // Frames and subresources.
    ("frame", true, "await show(`<iframe src='${target}'></iframe>`)"),
    ("frame_sandboxed", true, "await show(`<iframe sandbox src='${target}'></iframe>`)"),
    ("frame_srcdoc", true, "await show(`<iframe srcdoc=\"<img src='${target}'>\"></iframe>`)"),
    ("frameset", true, "await show(`<frameset><frame src='${target}'></frameset>`)"),
    ("object", true, "await show(`<object data='${target}'></object>`)"),
    ("embed", true, "await show(`<embed src='${target}'>`)"),
    ("image", true, "await show(`<img src='${target}'>`)"),
    ("image_set", true, "await show(`<img srcset='${target} 1x'>`)"),
    ("script", true, "await show(`<script src='${target}'></script>`)"),
    ("module", true, "await show(`<script type=module>import '${target}'</script>`)"),
    ("style_sheet", true, "await show(`<link rel=stylesheet href='${target}'>`)"),
    ("style_import", true, "await show(`<style>@import '${target}';</style>`)"),
    ("background", true, "await show(`<body style=\"background:url('${target}')\">x`)"),
    (
        "font",
        true,
        "await show(`<style>@font-face{font-family:f;src:url('${target}')}</style><p style='font-family:f'>x`)",
    ),
    ("video", true, "await show(`<video src='${target}' autoplay></video>`)"),
    (
        "audio_track",
        false,
        "await show(`<video><track default kind=captions src='${target}'></video><script>document.querySelector('track').track.mode = 'showing'</script>`)",
    ),
    ("image_button", true, "await show(`<input type=image src='${target}'>`)"),
    ("svg_image", true, "await show(`<svg><image href='${target}'/></svg>`)"),
    (
        "icon",
        true,
        "await inPage(url => { const link = document.createElement('link'); link.rel = 'icon'; link.href = url; document.head.append(link); const image = new Image(); image.src = url })",
    ),
    (
        "xml_style_sheet",
        true,
        "await go(serve(`<?xml version='1.0'?><?xml-stylesheet type='text/css' href='${target}'?><a>x</a>`, {type: 'text/xml'}))",
    ),
    ("data_page", true, "await go(`data:text/html,<img src='${target}'>`)"),
    (
        "blob_page",
        true,
        "await inPage(url => { const blob = new Blob([`<img src='${url}'>`], {type: 'text/html'}); const frame = document.createElement('iframe'); frame.src = URL.createObjectURL(blob); document.body.append(frame) })",
    ),
    (
        "file_page",
        false,
        "await page.goto('file:///etc/hostname').catch(() => 0); await show(`<iframe src='file:///etc/hostname'></iframe>`)",
    ),
    // Requests by script.
    ("fetch", true, "await inPage(url => fetch(url, {mode: 'no-cors'}))"),
    (
        "fetch_keepalive",
        true,
        "await inPage(url => { fetch(url, {mode: 'no-cors', keepalive: true}); location.href = 'about:blank' })",
    ),
    ("fetch_post", true, "await inPage(url => fetch(url, {mode: 'no-cors', method: 'POST', body: 'x'}))"),
    (
        "xml_http_request",
        true,
        "await inPage(url => { const request = new XMLHttpRequest(); request.open('GET', url); request.send() })",
    ),
    ("beacon", true, "await inPage(url => { navigator.sendBeacon(url, 'x') })"),
    (
        "beacon_at_unload",
        true,
        "await inPage(url => { addEventListener('pagehide', () => navigator.sendBeacon(url, 'x')); location.href = 'about:blank' })",
    ),
    ("event_source", true, "await inPage(url => { new EventSource(url) })"),
    ("web_socket", true, "await inPage(url => { new WebSocket(url.replace('http', 'ws')) })"),
    ("web_socket_tls", true, "await inPage(url => { new WebSocket(url.replace('http', 'wss')) })"),
    (
        "web_transport",
        false,
        "await inPage(url => { new WebTransport(url.replace('http', 'https')).ready.catch(() => 0) })",
    ),
    (
        "stun",
        false,
        r#"await inPage(url => {
        const connection = new RTCPeerConnection({iceServers: [{urls: `stun:${new URL(url).host}`}]});
        connection.createDataChannel('x'); return connection.createOffer().then(offer => connection.setLocalDescription(offer)) })"#,
    ),
    (
        "turn",
        true,
        r#"await inPage(url => {
        const host = new URL(url).host;
        const urls = [`turn:${host}?transport=tcp`, `turn:${host}?transport=udp`, `turns:${host}?transport=tcp`];
        const connection = new RTCPeerConnection({iceServers: [{urls, username: 'u', credential: 'p'}]});
        connection.createDataChannel('x'); return connection.createOffer().then(offer => connection.setLocalDescription(offer)) })"#,
    ),
    (
        "rebinding",
        true,
        r#"await go(`http://rebind.test:${vars.site_port}/serve?body=x`);
        await page.evaluate((port, name) => fetch(`http://rebind.test:${port}/${name}`, {mode: 'no-cors'}).catch(() => 0), port, name); await settle()"#,
    ),
    // Workers.
    (
        "worker_fetch",
        true,
        "await inPage((url, script) => { new Worker(script) }, script(`fetch('${target}', {mode: 'no-cors'})`))",
    ),
    (
        "worker_import",
        true,
        "await inPage((url, script) => { new Worker(script) }, script(`importScripts('${target}')`))",
    ),
    (
        "worker_web_socket",
        true,
        "await inPage((url, script) => { new Worker(script) }, script(`new WebSocket('${target.replace('http', 'ws')}')`))",
    ),
    (
        "shared_worker",
        true,
        "await inPage((url, script) => { new SharedWorker(script) }, script(`fetch('${target}', {mode: 'no-cors'})`))",
    ),
    (
        "service_worker",
        true,
        "await inPage((url, script) => navigator.serviceWorker.register(script), script(`fetch('${target}', {mode: 'no-cors'})`))",
    ),
    ("worklet", true, "await inPage(url => CSS.paintWorklet.addModule(url))"),
    // Ahead of requests, and beside them.
    ("prefetch", true, "await show(`<link rel=prefetch href='${target}'>`)"),
    ("preload", true, "await show(`<link rel=preload as=image href='${target}'>`)"),
    ("module_preload", true, "await show(`<link rel=modulepreload href='${target}'>`)"),
    (
        "preconnect",
        false,
        "await inPage((url, patience) => { const link = document.createElement('link'); link.rel = 'preconnect'; link.href = url; document.head.append(link); return new Promise(done => setTimeout(done, patience)) }, patience)",
    ),
    ("dns_prefetch", false, "await show(`<link rel=dns-prefetch href='//closed.test:${port}'>`)"),
    ("link_header", true, "await show('x', `Link: <${target}>; rel=preload; as=image`)"),
    (
        "alternative_service",
        false,
        "await show('x', `Alt-Svc: h2=\"127.0.0.1:${port}\", h3=\":${port}\"`); await go(html('again'))",
    ),
    (
        "speculation_prefetch",
        false,
        "await show(`<script type=speculationrules>{\"prefetch\":[{\"source\":\"list\",\"urls\":[\"${target}\"],\"eagerness\":\"immediate\"}]}</script>`)",
    ),
    (
        "speculation_prerender",
        false,
        "await show(`<script type=speculationrules>{\"prerender\":[{\"source\":\"list\",\"urls\":[\"${redirect(target)}\"],\"eagerness\":\"immediate\"}]}</script>`)",
    ),
    (
        "policy_report",
        true,
        "await show(`<img src='http://site.test/x'>`, `Content-Security-Policy: img-src 'none'; report-uri ${target}`)",
    ),
    (
        "download",
        true,
        "await page.goto(html(`<a download href='${target}'>x</a>`)); await page.click('a'); await settle()",
    ),
    (
        "download_redirected",
        true,
        "await page.goto(html(`<a download href='${redirect(target)}'>x</a>`)); await page.click('a'); await settle()",
    ),
    (
        "pdf",
        true,
        "await page.setContent(`<img loading=lazy style='margin-top:9000px' src='${target}'><style media=print>body{background:url('${target}')}</style>`, patient).catch(() => 0); await page.pdf().catch(() => 0); await settle()",
    ),
    // By the job's own means.
    ("authenticate", true, "await page.authenticate({username: 'u', password: 'p'}); await go(target)"),
    ("host_header", false, "await page.setExtraHTTPHeaders({Host: `127.0.0.1:${port}`}); await go(html('x'))"),
    (
        "continue_elsewhere",
        true,
        "await page.setRequestInterception(true); page.on('request', request => request.continue({url: target})); await go(html('x'))",
    ),
    (
        "session_navigate",
        true,
        "const session = await page.target().createCDPSession(); await session.send('Page.navigate', {url: target}).catch(() => 0); await settle()",
    ),
    (
        "session_load_resource",
        true,
        r#"await page.goto(html('x')); const session = await page.target().createCDPSession();
        const {frameTree} = await session.send('Page.getFrameTree');
        await session.send('Network.loadNetworkResource', {frameId: frameTree.frame.id, url: target, options: {disableCache: true, includeCredentials: false}}).catch(() => 0); await settle()"#,
    ),
    (
        "session_fetch",
        true,
        r#"const session = await page.target().createCDPSession(); await session.send('Fetch.enable');
        session.on('Fetch.requestPaused', ({requestId}) => session.send('Fetch.continueRequest', {requestId, url: target}).catch(() => 0)); await go(html('x'))"#,
    ),
    (
        "session_target",
        false,
        r#"const session = await page.target().createCDPSession();
        await session.send('Target.createTarget', {url: target}).catch(() => 0); await settle()"#,
    ),
    (
        "session_context",
        false,
        r#"const session = await page.target().createCDPSession();
        const made = await session.send('Target.createBrowserContext', {proxyServer: 'direct://', proxyBypassList: '*'}).catch(() => ({}));
        await session.send('Target.createTarget', {url: target, browserContextId: made.browserContextId}).catch(() => 0); await settle()"#,
    ),
    (
        "context",
        true,
        "const context = await page.browser().createIncognitoBrowserContext(); await go(target, await context.newPage()); await context.close()",
    ),
    (
        "context_bypass",
        true,
        r#"const context = await page.browser().createBrowserContext({proxyBypassList: ['*', '127.0.0.1', '<local>']});
        await go(target, await context.newPage()); await context.close()"#,
    ),
    (
        "context_direct",
        true,
        r#"const context = await page.browser().createBrowserContext({proxyServer: 'direct://', proxyBypassList: ['*']});
        await go(target, await context.newPage()); await context.close()"#,
    ),
    (
        "context_proxy",
        true,
        r#"const context = await page.browser().createBrowserContext({proxyServer: `http://127.0.0.1:${port}`, proxyBypassList: ['<-loopback>']});
        await go(html('x'), await context.newPage()); await context.close()"#,
    ),
    (
        "context_proxy_socks",
        true,
        r#"const context = await page.browser().createBrowserContext({proxyServer: `socks5://localhost:${port}`, proxyBypassList: ['<-loopback>']});
        await go(html('x'), await context.newPage()); await context.close()"#,
    ),
    (
        "context_proxy_bypassed",
        true,
        r#"const context = await page.browser().createBrowserContext({proxyServer: 'http://192.0.2.1:9', proxyBypassList: ['127.0.0.1']});
        await go(target, await context.newPage()); await context.close()"#,
    ),
    (
        "context_proxy_script",
        false,
        r#"const pac = `data:,function FindProxyForURL() { return 'DIRECT' }`;
        const context = await page.browser().createBrowserContext({proxyServer: pac, proxyPacUrl: pac}).catch(() => null);
        if (context) { await go(target, await context.newPage()); await context.close() }"#,
    ),
];
