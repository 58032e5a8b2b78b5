/* Looks for the number whose SHA-256 with the salt is the challenge, as ALTCHA defines it. Plain
   arithmetic, because crypto.subtle takes far longer for one short hash, and is missing on http. */
"use strict";

const ROUND = new Uint32Array(64);
const START = new Uint32Array(8);

/* FIPS 180-4, 4.2.2 and 5.3.3: the first bits of the fractions of roots of the first primes. */
function prepare() {
  let found = 0;
  for (let n = 2; found < 64; n += 1) {
    let prime = true;
    for (let d = 2; d * d <= n; d += 1) if (n % d === 0) { prime = false; break; }
    if (prime) {
      if (found < 8) START[found] = Math.floor((Math.sqrt(n) % 1) * 2 ** 32);
      ROUND[found] = Math.floor((Math.cbrt(n) % 1) * 2 ** 32);
      found += 1;
    }
  }
}

const schedule = new Uint32Array(64);

function block(state, bytes, from) {
  const w = schedule;
  for (let i = 0; i < 16; i += 1) {
    const at = from + 4 * i;
    w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }
  for (let i = 16; i < 64; i += 1) {
    const x = w[i - 15];
    const y = w[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  let a = state[0] | 0, b = state[1] | 0, c = state[2] | 0, d = state[3] | 0;
  let e = state[4] | 0, f = state[5] | 0, g = state[6] | 0, h = state[7] | 0;
  for (let i = 0; i < 64; i += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d;
  state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

const state = new Uint32Array(8);
const padded = new Uint8Array(256);

/* The hash of the first `length` bytes of `padded`, in `state`. */
function sha256(length) {
  const blocks = (length + 9 + 63) >> 6;
  padded.fill(0, length, blocks * 64);
  padded[length] = 0x80;
  new DataView(padded.buffer).setUint32(blocks * 64 - 4, length * 8);
  state.set(START);
  for (let i = 0; i < blocks; i += 1) block(state, padded, i * 64);
}

function words(hexadecimal) {
  return Uint32Array.from(hexadecimal.match(/.{8}/g), (word) => parseInt(word, 16));
}

const STEP = 20000; // numbers between two reports

self.onmessage = ({ data: { challenge, salt, hardest } }) => {
  prepare();
  const target = words(challenge);
  const text = new TextEncoder();
  padded.set(text.encode(salt));
  const before = text.encode(salt).length;
  for (let number = 0; number <= hardest; number += 1) {
    const digits = String(number);
    for (let i = 0; i < digits.length; i += 1) padded[before + i] = digits.charCodeAt(i);
    sha256(before + digits.length);
    if (state[0] === target[0] && state.every((word, i) => word === target[i])) {
      self.postMessage({ number });
      return;
    }
    if (number % STEP === 0) self.postMessage({ tried: number });
  }
  self.postMessage({ number: null });
};
