// Where a server listens in tests: at the address that is its last argument.
const net = require('net');

const address = process.argv.pop();
const { listen } = net.Server.prototype;
net.Server.prototype.listen = function listenAt(port, ...rest) {
  return listen.call(this, typeof port === 'object' ? { ...port, host: address } : { port, host: address }, ...rest);
};
