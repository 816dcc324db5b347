// The work of every Node contender, in the form that each of them loads.
module.exports = () => undefined;
module.exports.noop = () => undefined;
module.exports.double = (x) => x * 2;
module.exports.make = (bytes) => new Uint8Array(bytes);
module.exports.size = (data) => data.byteLength ?? data.data?.length ?? data.length;
