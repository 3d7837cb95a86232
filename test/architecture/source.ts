import ts from 'typescript';

export interface Import {
  readonly specifier: string;
  /** Gone when the program runs: `import type`, or only `type` names. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** What a source text takes from outside, and what it gives. */
export interface Source {
  readonly imports: readonly Import[];
  /** Uses of the clock, of randomness, and of what the runtime offers without an import. */
  readonly ambient: readonly { readonly name: string; readonly line: number }[];
  /** Exports that exist when the program runs. */
  readonly valueExports: readonly { readonly name: string; readonly line: number }[];
}

/** Globals that a pure file does without. `Date` is judged by its use: a time that is passed in may be formatted. */
const IMPURE_GLOBALS = new Set([
  ...['process', 'performance', 'console', 'crypto', 'fetch', 'WebSocket', 'globalThis', 'global', 'require'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
]);

export function readSource(path: string, text: string): Source {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const ambient: { name: string; line: number }[] = [];
  const lineOf = (node: ts.Node) => file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;

  const visit = (node: ts.Node): void => {
    const imported = importOf(node);
    if (imported) imports.push({ ...imported, line: lineOf(node) });
    const used = ambientUse(node);
    if (used !== undefined) ambient.push({ name: used, line: lineOf(node) });
    ts.forEachChild(node, visit);
  };
  visit(file);

  const valueExports = file.statements.flatMap((statement) => {
    const name = valueExport(statement);
    return name === undefined ? [] : [{ name, line: lineOf(statement) }];
  });
  return { imports, ambient, valueExports };
}

function importOf(node: ts.Node): Omit<Import, 'line'> | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    return { specifier: node.moduleSpecifier.text, typeOnly: isTypeOnly(node.importClause) };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
    return { specifier: node.moduleSpecifier.text, typeOnly: isTypeExport(node) };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    const { literal } = node.argument;
    return ts.isStringLiteral(literal) ? { specifier: literal.text, typeOnly: true } : undefined;
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [specifier] = node.arguments;
    // A computed name can be anything: it is reported under a name that no rule allows.
    const known = specifier && ts.isStringLiteralLike(specifier);
    return { specifier: known ? specifier.text : 'import(computed)', typeOnly: false };
  }
  return undefined;
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { name, namedBindings } = clause;
  if (name !== undefined || namedBindings === undefined || !ts.isNamedImports(namedBindings)) return false;
  return namedBindings.elements.length > 0 && namedBindings.elements.every((element) => element.isTypeOnly);
}

function isTypeExport(node: ts.ExportDeclaration): boolean {
  if (node.isTypeOnly) return true;
  if (node.exportClause === undefined || !ts.isNamedExports(node.exportClause)) return false;
  return node.exportClause.elements.every((element) => element.isTypeOnly);
}

function ambientUse(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node))
    return IMPURE_GLOBALS.has(node.text) && isReference(node) ? node.text : undefined;
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    const access = `${node.expression.text}.${node.name.text}`;
    return access === 'Date.now' || access === 'Math.random' ? access : undefined;
  }
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'Date')
    return 'Date()';
  const now = ts.isNewExpression(node) && (node.arguments?.length ?? 0) === 0;
  return now && ts.isIdentifier(node.expression) && node.expression.text === 'Date'
    ? 'new Date()'
    : undefined;
}

/** Whether a name stands for a value, rather than naming a property, a parameter or a member of a type. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isBindingElement(parent) || ts.isVariableDeclaration(parent)) return parent.initializer === node;
  return !(
    ts.isTypeElement(parent) ||
    ts.isClassElement(parent) ||
    ts.isParameter(parent) ||
    ts.isFunctionDeclaration(parent) ||
    ts.isImportSpecifier(parent)
  );
}

function valueExport(statement: ts.Statement): string | undefined {
  if (ts.isExportDeclaration(statement)) return isTypeExport(statement) ? undefined : 'export { … }';
  if (ts.isExportAssignment(statement)) return 'export default';
  const exported =
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement)?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword) ?? false);
  if (!exported || ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement))
    return undefined;
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map((declaration) => declaration.name.getText()).join(', ');
  }
  const named =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement);
  return (named ? statement.name?.text : undefined) ?? 'export';
}
