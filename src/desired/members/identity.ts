/** How a contact id stands in UniFi's `employee_number`. The template holds `{id}` once and at least one letter. */
export interface Identity {
  numberOf(contact: number): string;
  /** The contact behind a number that the template could have made; null for everybody else's number. */
  contactOf(employeeNumber: string): number | null;
}

export function identity(template: string): Identity {
  const [prefix = '', suffix = ''] = template.split('{id}');
  return {
    numberOf: (contact) => `${prefix}${contact}${suffix}`,
    contactOf(employeeNumber) {
      if (!employeeNumber.startsWith(prefix) || !employeeNumber.endsWith(suffix)) return null;
      const id = employeeNumber.slice(prefix.length, employeeNumber.length - suffix.length);
      // Canonical decimal only: `civicrm-007` is somebody else's idea of a number.
      return /^[1-9]\d{0,14}$/.test(id) ? Number(id) : null;
    },
  };
}
