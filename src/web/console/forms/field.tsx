import { Button, Group, NativeSelect, Switch, TextInput } from '@mantine/core';
import { useId, type ReactNode } from 'react';

import { draft, useDraft } from './draft.ts';
import { givenAgain, isAt, sectionAt, textAt, valueAt, type Path } from './changes.ts';
import { AmountInput } from './amount.tsx';
import { ByGroupField } from './by-group.tsx';
import { ListField, PairsField } from './lists.tsx';
import { presets } from './layouts.ts';
import { useMayChange } from './may-change.ts';
import { PresetInput } from './preset.tsx';
import { PromptField, TargetsField } from './references.tsx';
import {
  choicesOf,
  controlOf,
  discriminatorOf,
  formOf,
  isRequired,
  keysOf,
  nodeAt,
  presetOf,
  type SchemaNode,
} from './schema.ts';
import { SecretField } from './secret.tsx';
import { namesOf, usePageWords, useWording } from './words.ts';

/** What a control needs of its row, so that a screen reader tells what the eye sees. */
export interface Described {
  readonly id: string;
  readonly describedBy: string;
  readonly invalid: boolean;
}

/** A name and its explanation, the control, and what is wrong with it. */
export function Row({
  path,
  node,
  isGroup = false,
  beside,
  children,
}: {
  readonly path: Path;
  readonly node: SchemaNode;
  /** Of several controls, each with a name of its own. */
  readonly isGroup?: boolean;
  /** What changes nothing, such as a button to listen. */
  readonly beside?: ReactNode;
  readonly children: (described: Described) => ReactNode;
}) {
  const id = useId();
  const { values, faults, schema } = useDraft();
  const wording = useWording();
  const words = usePageWords();
  const label = wording.label(path, values) ?? String(path.at(-1));
  const help = wording.help(path, values, node);
  const fileOf = node.writeOnly === true ? [...path.slice(0, -1), `${String(path.at(-1))}_file`] : path;
  const wrong = faults.filter(({ at }) => isAt(at, path) || isAt(at, fileOf));
  const isWanted = schema !== undefined && isRequired(schema, values, path);
  const name = (
    <>
      {label}
      {isWanted && <span className="setting-needed"> {words.needed}</span>}
    </>
  );
  const mayChange = useMayChange();
  const controls = children({ id, describedBy: `${id}-help ${id}-wrong`, invalid: wrong.length > 0 });
  const control = mayChange ? (
    controls
  ) : (
    <fieldset role="none" className="locked" disabled>
      {controls}
    </fieldset>
  );
  const group = isGroup ? ({ role: 'group', 'aria-labelledby': `${id}-name` } as const) : {};
  return (
    <div
      className={wrong.length > 0 ? 'setting setting-wrong' : 'setting'}
      data-key={path.join('.')}
      {...group}
    >
      <div className="setting-words">
        {isGroup ? (
          <span className="setting-name" id={`${id}-name`}>
            {name}
          </span>
        ) : (
          <label className="setting-name" htmlFor={id} id={`${id}-name`}>
            {name}
          </label>
        )}
        {help !== '' && (
          <p className="setting-help" id={`${id}-help`}>
            {help}
          </p>
        )}
      </div>
      <div className="setting-control">
        {beside === undefined ? (
          control
        ) : (
          <Group gap="xs" wrap="nowrap" align="start">
            <div className="entry">{control}</div>
            {beside}
          </Group>
        )}
        <div id={`${id}-wrong`} role="status">
          {wrong.map((fault) => (
            <p className="setting-fault" key={`${fault.key} ${fault.message}`}>
              {wording.fault(fault)}
            </p>
          ))}
        </div>
      </div>
    </div>
  );
}

/** The field of a place in the configuration, as its schema wants it. */
export function Field({ path }: { readonly path: Path }) {
  const { schema, values } = useDraft();
  const node = schema && nodeAt(schema, values, path);
  if (!node || node['x-not-yet'] !== undefined) return null;
  const given = { path, node };
  const [name = ''] = namesOf(path, values);
  if (name === 'pbx.trunks') return <ListField {...given} isNoneAnAnswer />;
  if (name === 'groups.deliver_to') return <TargetsField {...given} />;
  if (path.at(-1) === 'prompt' || path.at(-1) === 'confirmation') return <PromptField {...given} />;
  if (Object.hasOwn(presets, name)) return <PresetField {...given} offered={presets[name] ?? []} />;
  switch (controlOf(node)) {
    case 'section':
      return node.anyOf ? <TrueOrSection {...given} /> : <SectionField {...given} />;
    case 'forms':
      return <FormsField {...given} />;
    case 'list':
      return <ListField {...given} />;
    case 'pairs':
      return <PairsField {...given} />;
    case 'by-group':
      return <ByGroupField {...given} />;
    case 'secret':
      return <SecretField {...given} />;
    case 'switch':
      return <SwitchField {...given} />;
    case 'choice':
      return <ChoiceField {...given} choices={choicesOf(node) ?? []} />;
    case 'amount':
      return (
        <Row {...given}>
          {(described) => <AmountInput {...given} described={described} kind={node['x-kind']} />}
        </Row>
      );
    case 'text':
      return <TextField {...given} />;
  }
}

export interface FieldProps {
  readonly path: Path;
  readonly node: SchemaNode;
}

/** What is not given is not in the file: it has its default. */
export function write(path: Path, text: string): void {
  if (text === '') draft.remove(path);
  else draft.set(path, text);
}

function TextField({ path, node }: FieldProps) {
  const { values } = useDraft();
  const preset = presetOf(node);
  const isNumber = node.type === 'integer';
  return (
    <Row path={path} node={node}>
      {({ id, describedBy, invalid }) => (
        <TextInput
          id={id}
          aria-describedby={describedBy}
          error={invalid}
          value={textAt(values, path)}
          placeholder={preset}
          inputMode={isNumber ? 'numeric' : undefined}
          className={isNumber ? 'short' : undefined}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => write(path, event.currentTarget.value)}
        />
      )}
    </Row>
  );
}

function SwitchField({ path, node }: FieldProps) {
  const { values } = useDraft();
  const words = usePageWords();
  const written = textAt(values, path);
  const isOn = (written === '' ? presetOf(node) : written) === 'true';
  return (
    <Row path={path} node={node}>
      {({ id, describedBy }) => (
        <Switch
          id={id}
          aria-describedby={describedBy}
          checked={isOn}
          label={isOn ? words.on : words.off}
          onChange={(event) => {
            const wanted = event.currentTarget.checked;
            if (presetOf(node) === String(wanted)) draft.remove(path);
            else draft.set(path, wanted);
          }}
        />
      )}
    </Row>
  );
}

function ChoiceField({ path, node, choices }: FieldProps & { readonly choices: readonly string[] }) {
  const { values, schema } = useDraft();
  const wording = useWording();
  const words = usePageWords();
  const preset = presetOf(node);
  const written = textAt(values, path);
  const named = (value: string) => wording.choice(path, values, value);
  const isWanted = schema !== undefined && isRequired(schema, values, path);
  const none = wording.absent(path, values) ?? (isWanted ? words.choose : words.usual);
  const other = written !== '' && !choices.includes(written) ? [{ value: written, label: written }] : [];
  return (
    <Row path={path} node={node}>
      {({ id, describedBy, invalid }) => (
        <NativeSelect
          id={id}
          aria-describedby={describedBy}
          error={invalid}
          value={written}
          onChange={(event) => write(path, event.currentTarget.value)}
          data={[
            { value: '', label: preset === undefined ? none : words.usually(named(preset)) },
            ...choices.map((value) => ({ value, label: named(value) })),
            ...other,
          ]}
        />
      )}
    </Row>
  );
}

function PresetField({ path, node, offered }: FieldProps & { readonly offered: readonly string[] }) {
  return (
    <Row path={path} node={node}>
      {(described) => <PresetInput path={path} node={node} offered={offered} described={described} />}
    </Row>
  );
}

/** Fields below a line. */
export function Inner({ path, keys }: { readonly path: Path; readonly keys: readonly string[] }) {
  return keys.map((key) => <Field key={key} path={[...path, key]} />);
}

/** A section that may be left out is switched on and off. */
function SectionField({ path, node }: FieldProps) {
  const { values, schema } = useDraft();
  const wording = useWording();
  const words = usePageWords();
  const isGiven = sectionAt(values, path) !== undefined;
  const isNeeded = schema !== undefined && isRequired(schema, values, path);
  if (isNeeded)
    return (
      <div className="setting-group" role="group" aria-label={wording.label(path, values)}>
        <h3>{wording.label(path, values)}</h3>
        <p className="setting-help">{wording.help(path, values, node)}</p>
        <Inner path={path} keys={keysOf(node)} />
      </div>
    );
  return (
    <div className="setting-section">
      <Row path={path} node={node}>
        {({ id, describedBy }) => (
          <Switch
            id={id}
            aria-describedby={describedBy}
            checked={isGiven}
            label={isGiven ? words.on : words.off}
            onChange={(event) => {
              if (event.currentTarget.checked)
                draft.revise((base, changes) => givenAgain(base, changes, path));
              else draft.remove(path);
            }}
          />
        )}
      </Row>
      {isGiven && <Inner path={path} keys={keysOf(node)} />}
    </div>
  );
}

/** Yes, no, or yes with particulars. */
function TrueOrSection({ path, node }: FieldProps) {
  const { values } = useDraft();
  const wording = useWording();
  const words = usePageWords();
  const isSection = sectionAt(values, path) !== undefined;
  const form = formOf(node, valueAt(values, path));
  const named = (value: string) => wording.choice(path, values, value);
  return (
    <>
      <Row path={path} node={node}>
        {({ id, describedBy, invalid }) => (
          <NativeSelect
            id={id}
            aria-describedby={describedBy}
            error={invalid}
            value={isSection ? 'section' : textAt(values, path)}
            onChange={(event) => {
              if (event.currentTarget.value === 'section') draft.set(path, {});
              else write(path, event.currentTarget.value);
            }}
            data={[
              { value: '', label: words.usually(named(presetOf(node) ?? 'false')) },
              ...['false', 'true', 'section'].map((value) => ({ value, label: named(value) })),
            ]}
          />
        )}
      </Row>
      {isSection && form && <Inner path={path} keys={keysOf(form)} />}
    </>
  );
}

/** A section whose keys depend on what is chosen first. */
function FormsField({ path, node }: FieldProps) {
  const { values } = useDraft();
  const wording = useWording();
  const words = usePageWords();
  const told = discriminatorOf(node);
  if (!told) return null;
  const chosen = textAt(values, [...path, told.key]);
  const form = formOf(node, valueAt(values, path));
  const choose = (value: string): void => {
    if (value === '') {
      draft.remove(path);
      return;
    }
    const next = node.oneOf?.find(({ properties }) => properties?.[told.key]?.const === value);
    const section = sectionAt(values, path);
    if (!section) {
      draft.set(path, { [told.key]: value });
      return;
    }
    // What has no meaning with the new choice would be a fault; what is usually another, such as the announcement that
    // names a key, would say what does not hold any more.
    for (const key of Object.keys(section)) {
      const property = next?.properties?.[key];
      const usual = form?.properties?.[key];
      const isOther = property && usual && presetOf(property) !== presetOf(usual);
      if (key !== told.key && (!property || isOther)) draft.remove([...path, key]);
    }
    draft.set([...path, told.key], value);
  };
  const none = wording.absent(path, values) ?? words.usual;
  return (
    <div className="setting-section">
      <Row path={path} node={node}>
        {({ id, describedBy, invalid }) => (
          <NativeSelect
            id={id}
            aria-describedby={describedBy}
            error={invalid}
            value={chosen}
            onChange={(event) => choose(event.currentTarget.value)}
            data={[
              { value: '', label: none },
              ...told.values.map((value) => ({
                value,
                label: wording.choice([...path, told.key], values, value),
              })),
            ]}
          />
        )}
      </Row>
      {form && <Inner path={path} keys={keysOf(form).filter((key) => key !== told.key)} />}
    </div>
  );
}

export function AddButton({
  onClick,
  children,
}: {
  readonly onClick: () => void;
  readonly children: string;
}) {
  return (
    <Button variant="default" size="xs" onClick={onClick}>
      {children}
    </Button>
  );
}
