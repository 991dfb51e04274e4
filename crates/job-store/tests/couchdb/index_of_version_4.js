function (doc) {
  var time = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|([+-])(\d\d):(\d\d))$/;
  var outcomes = ["succeeded", "failed", "cancelled", "timed_out", "given_up"];
  function absent(value) { return value === null || value === undefined; }
  function isText(value) { return typeof value === "string"; }
  function isName(value) { return isText(value) && /^[a-z0-9][a-z0-9._\-]{0,63}$/.test(value); }
  function isTime(value) { return isText(value) && time.test(value); }
  function isCount(value) { return typeof value === "number" && value >= 0 && value % 1 === 0; }
  function isTexts(value) {
    if (typeof value !== "object" || Object.prototype.toString.call(value) === "[object Array]") { return false; }
    for (var key in value) {
      if (!isText(value[key]) && value[key] !== null) { return false; }
    }
    return true;
  }
  function isOutcome(value) {
    for (var i = 0; i < outcomes.length; i++) {
      if (outcomes[i] === value) { return true; }
    }
    return false;
  }
  function isRunning(value) {
    return typeof value === "object" && isTime(value.since) && isText(value.executor) && isCount(value.attempt);
  }
  if (!isText(doc.uuid) || doc.uuid !== doc._id || !isText(doc.code)) { return; }
  if (doc.status !== "created" && doc.status !== "queued" && doc.status !== "done") { return; }
  var rules = {
    vars: isTexts, modules: isTexts, error: isText, started_at: isTime, finished_at: isTime, duration: isCount,
    timeout: isCount, max_attempts: isCount, outcome: isOutcome, attempt: isCount, running: isRunning,
    rerun_of: isText, owner: isName, file_set: isText, instance: isText
  };
  for (var member in rules) {
    if (!absent(doc[member]) && !rules[member](doc[member])) { return; }
  }
  var t = isText(doc.created_at) && time.exec(doc.created_at);
  if (!t) { return; }
  var utc = doc.created_at;
  if (t[9]) {
    var minutes = (t[9] === "+" ? -1 : 1) * (60 * t[10] + 1 * t[11]);
    var moment = new Date(Date.UTC(+t[1], t[2] - 1, +t[3], +t[4], +t[5] + minutes, +t[6]));
    if (isNaN(moment.getTime())) { return; }
    utc = moment.toISOString();
  }
  var error = doc.error || "";
  if (error.length > 300) {
    error = error.substring(0, 300);
    if (/[\uD800-\uDBFF]$/.test(error)) { error = error.substring(0, 299); }
  }
  var summary = { rev: doc._rev, uuid: doc.uuid, status: doc.status, error: error, created_at: doc.created_at };
  var others = ["started_at", "finished_at", "duration", "timeout", "max_attempts", "outcome", "attempt", "running", "rerun_of", "owner", "instance"];
  for (var i = 0; i < others.length; i++) {
    if (!absent(doc[others[i]])) { summary[others[i]] = doc[others[i]]; }
  }
  if (!absent(doc.file_set)) {
    summary.file_set = doc.file_set;
  } else if (!absent(doc.input_files)) {
    summary.file_set = "in";
  }
  if (summary.file_set) { emit(["files", doc.uuid], summary); }
  var parts = [utc.substring(0, 7), utc.substring(8, 10), utc.substring(11, 13), utc.substring(14, 16), utc.substring(17, 19)];
  function enter(scope) {
    emit([scope].concat(parts), summary);
    if (doc.owner) { emit(["owner:" + doc.owner + ":" + scope].concat(parts), summary); }
  }
  enter(doc.status);
  enter("all");
  if (doc.status === "done") {
    enter("state:" + (doc.outcome || (error ? "failed" : "succeeded")));
  } else {
    var state = doc.running ? "running" : "waiting";
    enter("state:" + state);
    enter(doc.status + ":" + state);
  }
}
