function (doc) {
  if (typeof doc.uuid !== "string" || doc.uuid !== doc._id) { return; }
  if (typeof doc.code !== "string" || typeof doc.created_at !== "string") { return; }
  if (doc.status !== "created" && doc.status !== "queued" && doc.status !== "done") { return; }
  var t = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|([+-])(\d\d):(\d\d))$/.exec(doc.created_at);
  if (!t) { return; }
  var utc = doc.created_at;
  if (t[9]) {
    var minutes = (t[9] === "+" ? -1 : 1) * (60 * t[10] + 1 * t[11]);
    var moment = new Date(Date.UTC(+t[1], t[2] - 1, +t[3], +t[4], +t[5] + minutes, +t[6]));
    if (isNaN(moment.getTime())) { return; }
    utc = moment.toISOString();
  }
  var parts = [utc.substring(0, 7), utc.substring(8, 10), utc.substring(11, 13), utc.substring(14, 16), utc.substring(17, 19)];
  emit([doc.status].concat(parts), null);
  emit(["all"].concat(parts), null);
}
