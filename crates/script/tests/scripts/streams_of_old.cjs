// Classes as they were written before `class`: constructors without `new`, util.inherits, the Stream itself.
const { EventEmitter } = require('events');
const Stream = require('stream');
const { inherits } = require('util');
require('puppeteer');

function Upper(options) {
  if (!(this instanceof Upper)) return new Upper(options);
  Stream.Transform.call(this, options);
}
inherits(Upper, Stream.Transform);
Upper.prototype._transform = function (chunk, encoding, done) {
  this.push(chunk.toString().toUpperCase());
  done();
};

function Source() {
  Stream.call(this);
  this.readable = true;
}
inherits(Source, Stream);

const source = new Source();
const upper = Upper();
const order = [];
upper.on('pipe', () => order.push('pipe')).on('finish', () => order.push('finish')).on('close', () => order.push('close'));
upper.on('end', () => {
  console.log(upper instanceof Stream, upper instanceof Stream.Writable, upper instanceof EventEmitter, Stream.Stream === Stream);
  setImmediate(() => console.log(order.join(' '), upper.readableEnded, upper.writableFinished, upper.destroyed));
});
source.pipe(upper).pipe(process.stdout);
source.emit('data', Buffer.from('one\n'));
source.emit('data', Buffer.from('two\n'));
source.emit('end');

const broken = new Stream.Writable({ write(chunk, encoding, done) { done(new Error('full')); } });
broken.on('error', (error) => console.log('error', error.message, broken.destroyed));
broken.write('x', (error) => console.log('callback', error.message));
Stream.pipeline(Stream.Readable.from(['a']), new Stream.PassThrough(), new Stream.Writable({ write(chunk, encoding, done) { done(new Error('late')); } }), (error) => {
  console.log('pipeline', error.message);
});
