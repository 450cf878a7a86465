import busboy from 'busboy';

export interface FormPart {
  readonly name: string;
  readonly value: string;
  /** Absent for a plain field. */
  readonly filename?: string;
}

/** The parts of a multipart/form-data body, files as UTF-8 text. Rejects when it is malformed. */
export function parseMultipart(body: Buffer, contentType: string): Promise<readonly FormPart[]> {
  return new Promise((resolve, reject) => {
    const parts: FormPart[] = [];
    const parser = busboy({ headers: { 'content-type': contentType } });
    parser.on('field', (name, value) => parts.push({ name, value }));
    parser.on('file', (name, stream, info) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () =>
        parts.push({ name, value: Buffer.concat(chunks).toString('utf8'), filename: info.filename || name }),
      );
      stream.on('error', reject);
    });
    parser.on('error', reject);
    parser.on('close', () => resolve(parts));
    parser.end(body);
  });
}
