import { afterEach, expect, it } from 'vitest';
import { createEngine, type Publication } from '../../src/controller/engine.js';
import { noObserver } from '../../src/controller/observer.js';
import { churchFiles, churchUnifi, person } from '../support/church.js';
import { startSite, type Site } from '../support/site.js';

let site: Site | null = null;
afterEach(() => site?.close());

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => { open(); } };
}

it('what is published says of which planes it speaks, also while another one ends its first run', async () => {
  site = await startSite({
    now: '2026-11-21T13:00:00Z',
    files: churchFiles(),
    unifi: churchUnifi('America/New_York'),
    civicrm: { card_field: 'Door_Access.card_id', contacts: [person(1, '1234', 'Gold')] },
    without: ['planningCenter'],
  });
  const { deps, sources } = site.composition;
  await sources.members?.poll();
  const membersRan = gate();
  const doorsPublish = gate();
  const seen: Publication[] = [];
  const engine = createEngine({
    deps,
    site: 'test-site',
    mode: 'Apply',
    fence: 'On',
    resync: 300_000,
    gitOps: () => Promise.resolve(null),
    fenceVerified: () => Promise.resolve(false),
    alerting: () => null,
    clock: deps.clock,
    local: deps.local,
    log: deps.log,
    publisher: {
      statuses: () => Promise.resolve(),
      events: () => Promise.resolve(),
      async view() {
        doorsPublish.open();
        await membersRan.opened;
      },
    },
    observer: {
      ...noObserver,
      reconciled(plane) {
        if (plane === 'members') membersRan.open();
      },
      published() {
        seen.push(engine.published());
      },
    },
  });
  const doors = engine.reconcile('doors');
  await doorsPublish.opened;
  await Promise.all([doors, engine.reconcile('members')]);
  const unread = ({ view }: Publication): readonly string[] => view.diff.planes.flatMap(({ plane, error }) => (error === 'not read yet' ? [plane] : []));
  expect(seen.map((each) => [each.reported, unread(each)])).toEqual([
    [['doors'], ['members']],
    [['doors', 'members'], []],
  ]);
});
