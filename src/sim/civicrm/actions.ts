import { ApiError } from './api-error.js';
import { type Database, type FieldSpec, type Row, Table } from './database.js';
import { get, type GetOptions, type GetResult } from './get.js';

export interface ActionCall {
  readonly entity: string;
  readonly action: string;
  readonly params: Row;
}

export interface ActionContext extends GetOptions {
  readonly database: Database;
  readonly runMembershipJob: () => void;
}

const describedAs = (name: string): FieldSpec => ({ name, dataType: 'String' });

/** Answers lists that are no stored rows (fields, actions) through the same where, select and order. */
function listing(names: readonly string[], rows: readonly Row[], { params }: ActionCall, context: ActionContext): GetResult {
  const table = new Table('Listing', names.map(describedAs), rows, 'access CiviCRM');
  const rest = Object.fromEntries(Object.entries(params).filter(([key]) => !['loadOptions', 'includeCustom', 'action', 'values'].includes(key)));
  return get(context.database, table, rest, { ...context, random: undefined });
}

function getFields(table: Table, call: ActionCall, context: ActionContext): GetResult {
  const { permissions } = context.database;
  const allowed = (needed: string | undefined): boolean => needed === undefined || permissions.has(needed);
  const names = ['name', 'title', 'label', 'entity', 'type', 'data_type', 'fk_entity', 'custom_group', 'options', 'readonly'];
  const rows = [...table.fields.values()]
    .filter((field) => allowed(field.groupPermission) && allowed(field.fieldPermission))
    .map((field) => {
      const title = field.name.replaceAll(/[._]/g, ' ');
      return {
        name: field.name,
        title,
        label: title,
        entity: table.entity,
        type: field.custom ? 'Custom' : field.name === 'email_primary' ? 'Extra' : 'Field',
        data_type: field.dataType,
        fk_entity: field.fk ?? null,
        custom_group: field.custom ? (field.name.split('.')[0] ?? null) : null,
        options: field.options === undefined ? false : call.params['loadOptions'] ? field.options : true,
        readonly: field.name === 'id',
      };
    });
  return listing(names, rows, call, context);
}

function getActions(table: Table, call: ActionCall, context: ActionContext): GetResult {
  const names = ['get', 'getActions', 'getFields'].filter(
    (name) => name !== 'get' || context.database.permissions.has(table.permission),
  );
  return listing(['name', 'description'], names.map((name) => ({ name, description: null })), call, context);
}

/**
 * Runs one call with permissions checked, as every call over REST is.
 * @throws ApiError 403 without access to the entity, 500 for anything it cannot do.
 */
export function perform(call: ActionCall, context: ActionContext): GetResult {
  const { permissions, tables } = context.database;
  const { entity, action } = call;
  const forbidden = (): ApiError => new ApiError(403, `Authorization failed: ${entity} ${action}`);
  if (!permissions.has('access CiviCRM')) throw forbidden();
  if (entity === 'Job' && action === 'process_membership') {
    context.runMembershipJob();
    return { values: [], countMatched: 0 };
  }
  if (entity === 'System' && action === 'check') return { values: [], countMatched: 0 };
  const table = tables.get(entity);
  if (table === undefined) throw new ApiError(500, `API (${entity}, ${action}) does not exist`);
  switch (action) {
    case 'get':
      if (!permissions.has(table.permission)) throw forbidden();
      return get(context.database, table, call.params, context);
    case 'getFields':
      return getFields(table, call, context);
    case 'getActions':
      return getActions(table, call, context);
    default:
      throw new ApiError(500, `Api ${entity} ${action} version 4 does not exist.`);
  }
}
