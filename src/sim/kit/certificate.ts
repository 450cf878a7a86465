import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { bits, integer, objectIdentifier, octets, sequence, set, tlv, utcTime, utf8, yes } from './der.js';

export interface ServerCertificate {
  /** PEM: leaf, then authority. */
  readonly chain: string;
  readonly key: string;
  /** PEM of the authority. */
  readonly ca: string;
  /** SHA-256 of the leaf, `AB:CD:…`. */
  readonly fingerprint: string;
}

const day = 86_400_000;

function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(objectIdentifier('2.5.4.3'), utf8(commonName))));
}

function extension(oid: string, value: Buffer, critical = false): Buffer {
  return critical
    ? sequence(objectIdentifier(oid), yes(), octets(value))
    : sequence(objectIdentifier(oid), octets(value));
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

interface CertificateRequest {
  readonly issuer: string;
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly issuerPublicKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

/** An X.509 v3 certificate (RFC 5280), ECDSA with SHA-256. */
function issue(request: CertificateRequest): Buffer {
  const algorithm = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x01;
  const now = Date.now();
  const keyId = (key: KeyObject): Buffer => createHash('sha256').update(spki(key)).digest().subarray(0, 20);
  const body = sequence(
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    distinguishedName(request.issuer),
    sequence(utcTime(now - day), utcTime(now + 3650 * day)),
    distinguishedName(request.subject),
    spki(request.publicKey),
    tlv(
      0xa3,
      sequence(
        extension('2.5.29.14', octets(keyId(request.publicKey))),
        extension('2.5.29.35', sequence(tlv(0x80, keyId(request.issuerPublicKey)))),
        ...request.extensions,
      ),
    ),
  );
  return sequence(body, algorithm, bits(sign('sha256', body, request.signingKey)));
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** An authority of its own and a server certificate for 127.0.0.1, ::1 and localhost, new on every call. */
export function makeCertificate(names: { readonly authority: string; readonly server: string }): ServerCertificate {
  const authority = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const server = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const issuer = {
    issuer: names.authority,
    issuerPublicKey: authority.publicKey,
    signingKey: authority.privateKey,
  };
  const ca = issue({
    ...issuer,
    subject: names.authority,
    publicKey: authority.publicKey,
    extensions: [
      extension('2.5.29.19', sequence(yes()), true),
      // keyCertSign and cRLSign
      extension('2.5.29.15', bits(Buffer.from([0x06]), 1), true),
    ],
  });
  const alternativeNames = sequence(
    tlv(0x82, Buffer.from('localhost')),
    tlv(0x82, Buffer.from(names.server)),
    tlv(0x87, Buffer.from([127, 0, 0, 1])),
    tlv(0x87, Buffer.concat([Buffer.alloc(15), Buffer.from([1])])),
  );
  const leaf = issue({
    ...issuer,
    subject: names.server,
    publicKey: server.publicKey,
    extensions: [
      extension('2.5.29.19', sequence(), true),
      // digitalSignature
      extension('2.5.29.15', bits(Buffer.from([0x80]), 7), true),
      // serverAuth
      extension('2.5.29.37', sequence(objectIdentifier('1.3.6.1.5.5.7.3.1'))),
      extension('2.5.29.17', alternativeNames),
    ],
  });
  const digest = createHash('sha256').update(leaf).digest('hex').toUpperCase();
  return {
    chain: pem(leaf) + pem(ca),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ca: pem(ca),
    fingerprint: (digest.match(/../g) ?? []).join(':'),
  };
}
