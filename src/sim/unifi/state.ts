import type {
  Card,
  Door,
  DoorGroup,
  Emergency,
  HolidayGroup,
  LockRule,
  LogEntry,
  Policy,
  Schedule,
  User,
  UserGroup,
  Visitor,
  Webhook,
} from './model.js';

const logCapacity = 10_000;

/** Everything one simulated controller holds. Objects are replaced, never changed. */
export class ControllerState {
  readonly tokens = new Map<string, readonly string[]>();
  readonly visitors = new Map<string, Visitor>();
  readonly adminEmails = new Set<string>();
  readonly cards = new Map<string, Card>();
  readonly policies = new Map<string, Policy>();
  readonly schedules = new Map<string, Schedule>();
  readonly holidayGroups = new Map<string, HolidayGroup>();
  readonly doors = new Map<string, Door>();
  readonly doorGroups = new Map<string, DoorGroup>();
  readonly userGroups = new Map<string, UserGroup>();
  readonly webhooks = new Map<string, Webhook>();
  /** Door id → schedule id: what a person sets on the hub. */
  readonly unlockSchedules = new Map<string, string>();
  readonly lockRules = new Map<string, LockRule>();
  /** Ids of enrolments that somebody has begun at a reader. */
  readonly enrolSessions = new Set<string>();
  timeZone = 'UTC';
  emergency: Emergency = { lockdown: false, evacuation: false };
  /** Mails that the controller would have sent to members. */
  emailInvites = 0;
  log: readonly LogEntry[] = [];

  readonly #users = new Map<string, User>();
  readonly #emails = new Map<string, string>();
  readonly #cardsByNfcId = new Map<string, string>();
  readonly #cardsByAlias = new Map<string, string>();
  #sortedUsers: readonly User[] | undefined;
  #lastDisplayId = 100_000;
  #lastLogId = 0;

  users(): ReadonlyMap<string, User> {
    return this.#users;
  }

  usersById(): readonly User[] {
    return (this.#sortedUsers ??= [...this.#users.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
  }

  putUser(user: User): void {
    this.#forgetEmail(this.#users.get(user.id));
    this.#users.set(user.id, user);
    for (const email of [user.user_email, user.email]) if (email !== '') this.#emails.set(email.toLowerCase(), user.id);
    this.#sortedUsers = undefined;
  }

  deleteUser(user: User): void {
    this.#forgetEmail(user);
    this.#users.delete(user.id);
    this.#sortedUsers = undefined;
  }

  /** The id of the user, or `admin`, that has this address. */
  emailHolder(email: string): string | undefined {
    return this.adminEmails.has(email.toLowerCase()) ? 'admin' : this.#emails.get(email.toLowerCase());
  }

  #forgetEmail(user: User | undefined): void {
    for (const email of [user?.user_email, user?.email]) {
      if (email !== undefined && this.#emails.get(email.toLowerCase()) === user?.id)
        this.#emails.delete(email.toLowerCase());
    }
  }

  nextDisplayId(): string {
    this.#lastDisplayId += 1;
    return String(this.#lastDisplayId);
  }

  putCard(card: Card): void {
    const known = this.cards.get(card.token);
    if (known !== undefined && known.alias !== card.alias) this.#cardsByAlias.delete(known.alias);
    this.cards.set(card.token, card);
    if (card.nfc_id !== '') this.#cardsByNfcId.set(card.nfc_id, card.token);
    if (card.alias !== '') this.#cardsByAlias.set(card.alias, card.token);
  }

  deleteCard(card: Card): void {
    this.cards.delete(card.token);
    this.#cardsByNfcId.delete(card.nfc_id);
    this.#cardsByAlias.delete(card.alias);
  }

  cardByNfcId(nfcId: string): string | undefined {
    return this.#cardsByNfcId.get(nfcId);
  }

  cardByAlias(alias: string): string | undefined {
    return this.#cardsByAlias.get(alias);
  }

  /** Takes the card from whoever holds it. */
  releaseCard(card: Card): Card {
    const { holder } = card;
    if (holder?.type === 'USER') {
      const user = this.#users.get(holder.id);
      if (user !== undefined) this.putUser({ ...user, cards: user.cards.filter((token) => token !== card.token) });
    }
    if (holder?.type === 'VISITOR') {
      const visitor = this.visitors.get(holder.id);
      if (visitor !== undefined)
        this.visitors.set(holder.id, { ...visitor, cards: visitor.cards.filter((token) => token !== card.token) });
    }
    const free = { ...card, holder: undefined };
    this.putCard(free);
    return free;
  }

  bindCard(card: Card, userId: string): void {
    const free = this.releaseCard(card);
    const user = this.#users.get(userId);
    if (user === undefined) return;
    this.putCard({ ...free, holder: { type: 'USER', id: userId } });
    this.putUser({ ...user, cards: [...user.cards, card.token] });
  }

  defaultHolidayGroup(): string {
    for (const group of this.holidayGroups.values()) if (group.is_default) return group.id;
    return '';
  }

  defaultSchedule(): string {
    for (const schedule of this.schedules.values()) if (schedule.is_default) return schedule.id;
    return '';
  }

  addLog(entry: Omit<LogEntry, 'id'>): void {
    this.#lastLogId += 1;
    this.log = [...this.log.slice(1 - logCapacity), { ...entry, id: String(this.#lastLogId) }];
  }
}
