import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findKind, kindInfo } from '../../api/kinds.js';
import { kinds } from '../../api/resource.js';
import type { Kind } from '../../api/resource.js';
import { loadConfiguration } from '../../runtime/config.js';
import { runtimePaths, statePaths } from '../../runtime/paths.js';
import type { SimulatorKind } from '../../sim/kit/simulator.js';
import type { View } from '../../status/view.js';
import { configurationPath } from '../configuration.js';
import { exit } from '../exit.js';
import { outputForms } from '../options.js';
import type { Session } from '../session.js';
import { targetWords } from '../targets.js';
import { definitionOf } from './sim.js';

const simulatorKinds = ['unifi', 'pco', 'civicrm'] as const satisfies readonly SimulatorKind[];

export type Shell = 'bash' | 'zsh' | 'fish';

/** The script that makes a shell ask `sexton __complete` for what comes next. */
export function completionCommand({ terminal }: Session, shell: Shell): number {
  terminal.out(scripts[shell]);
  return exit.ok;
}

/** What may be the last of `words`, one a line. `commands`: the command line's own. Never fails. */
export async function completeCommand(session: Session, words: readonly string[], commands: readonly CompletableCommand[]): Promise<number> {
  const candidates = await candidatesFor(session, words, commands).catch(() => []);
  const last = words.at(-1) ?? '';
  const fitting = [...new Set(candidates)].filter((candidate) => candidate.startsWith(last)).sort();
  session.terminal.out(fitting.map((candidate) => `${candidate}\n`).join(''));
  return exit.ok;
}

export interface CompletableCommand {
  readonly name: string;
  /** Long and short. */
  readonly options: readonly string[];
}

async function candidatesFor(session: Session, words: readonly string[], commands: readonly CompletableCommand[]): Promise<readonly string[]> {
  const given = words.slice(0, -1);
  const last = words.at(-1) ?? '';
  const previous = given.at(-1);
  const config = given[given.indexOf('--config') + 1];
  const positional = given.filter((word, index) => !word.startsWith('-') && given[index - 1] !== '--config');
  const [command, kindWord] = positional;
  if (previous === '-o' || previous === '--output') return outputForms;
  if (previous === '--plane') return ['doors', 'members'];
  if (previous === '--quirk') return quirks(kindWord);
  // Nothing of ours: the shell offers files.
  if (previous === '--config') return [];
  if (command === undefined) return last.startsWith('-') ? ['--config', '--help', '--version'] : commands.map(({ name }) => name);
  if (last.startsWith('-')) return commands.find(({ name }) => name === command)?.options ?? [];
  const configured = given.includes('--config') ? config : undefined;
  const names = (kind: Kind): Promise<readonly string[]> => namesOf(session, configured, kind);
  switch (command) {
    case 'get':
    case 'describe':
    case 'suspend':
    case 'resume':
    case 'wait': {
      const slash = last.indexOf('/');
      const slashed = slash < 0 ? null : findKind(last.slice(0, slash));
      if (slashed !== null) return (await names(slashed)).map((name) => `${last.slice(0, slash)}/${name}`);
      if (kindWord === undefined) return targetWords();
      const kind = findKind(kindWord);
      return kind === null ? [] : names(kind);
    }
    case 'block':
    case 'unblock':
      return ['contact/'];
    case 'open':
    case 'lock':
      return names('DoorGroup');
    case 'explain':
    case 'new':
      return kinds.map((kind) => kindInfo(kind).singular);
    case 'sim':
      return simulatorKinds;
    case 'approve':
      return (await lastView(session, configured)).status.held.map(({ ref }) => ref);
    case 'deny':
    case 'cancel':
    case 'restore':
      return (await lastView(session, configured)).bookings.map(({ event }) => `${event.id}@${event.startsAt}`);
    case 'adopt':
      return kindWord === undefined ? ['controller', 'members'] : [];
    case 'import':
      return kindWord === undefined ? ['door-sync', 'fccplanner', 'csv'] : [];
    case 'export':
      return ['csv'];
    case 'audit':
      return ['verify'];
    case 'diff':
    case 'reconcile':
      return ['doors', 'members'];
    case 'alert':
      return kindWord === undefined ? ['test'] : transportNames(session, configured);
    case 'completion':
      return ['bash', 'zsh', 'fish'];
    case 'help':
      return commands.map(({ name }) => name);
    default:
      return [];
  }
}

function transportNames(session: Session, config: string | undefined): readonly string[] {
  const { config: configuration } = loadConfiguration(configurationPath(session, config));
  return [...(configuration?.alerts ?? []).map(({ name }) => name), ...(configuration?.heartbeat == null ? [] : ['heartbeat'])];
}

/** As the daemon left it, however old: a key press neither asks a server nor waits for one. */
async function lastView(session: Session, config: string | undefined): Promise<View> {
  const { config: configuration } = loadConfiguration(configurationPath(session, config));
  return JSON.parse(await readFile(runtimePaths(configuration?.runtimeDir ?? '').live, 'utf8')) as View;
}

/** `name=value` for every setting; where any number will do, `name=`. */
async function quirks(word: string | undefined): Promise<readonly string[]> {
  const kind = simulatorKinds.find((each) => each === word);
  if (kind === undefined) return [];
  const { quirks: table } = await definitionOf(kind);
  return Object.entries(table).flatMap(([name, { allowed }]) => allowed.map((value) => `${name}=${typeof value === 'string' ? value : ''}`));
}

/** From the names of the accepted versions' files, which is cheap; from the resource directory where there are none. */
async function namesOf(session: Session, config: string | undefined, kind: Kind): Promise<readonly string[]> {
  const { config: configuration } = loadConfiguration(configurationPath(session, config));
  if (configuration === undefined) return [];
  const accepted = await readdir(join(statePaths(configuration.stateDir).accepted, kindInfo(kind).plural)).catch(() => []);
  const names = accepted.filter((file) => file.endsWith('.json') && !file.startsWith('.')).map((file) => file.slice(0, -'.json'.length));
  if (names.length > 0) return names;
  const { loadResources } = session.readers;
  const { resources } = await loadResources(configuration);
  return resources.filter((resource) => resource.kind === kind).map(({ name }) => name);
}

const scripts: Readonly<Record<Shell, string>> = {
  bash: `# bash completion for sexton: source <(sexton completion bash)
_sexton() {
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}") IFS=$'\\n'
  COMPREPLY=($(sexton __complete -- "\${words[@]}" 2>/dev/null))
  [[ \${#COMPREPLY[@]} -eq 0 ]] && compopt -o default
}
complete -F _sexton sexton
`,
  zsh: `#compdef sexton
# zsh completion for sexton: source <(sexton completion zsh)
_sexton() {
  local -a candidates
  candidates=("\${(@f)$(sexton __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  candidates=("\${(@)candidates:#}")
  if (( \${#candidates} )); then compadd -a candidates; else _files; fi
}
compdef _sexton sexton
`,
  fish: `# fish completion for sexton: sexton completion fish | source
complete -c sexton -f -a '(sexton __complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
complete -c sexton -n '__fish_seen_subcommand_from validate' -F
`,
};
