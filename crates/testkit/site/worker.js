console.log('worker is up');
self.answer = 42;
self.onmessage = (event) => self.postMessage(`twice is ${event.data * 2}`);
