// Judges requests by IAM's rules: one JSON document on stdin, one on stdout. A program of its own, which simulator.py starts:
// @cloud-copilot/iam-simulate is under the AGPL.
//
// in:  {"batch": id, "checked": whether these requests were judged once already, "documents": {name: policy}, "questions": [{principal, action, resource, account, context,
//       identity: [name], boundary: name | null, guard: name | null}]}
// out: {"batch": id, "answers": [{"verdict": "Allowed" | "ImplicitlyDenied" | "ExplicitlyDenied",
//       "ignored": [key of the context that AWS does not send]} | {"error": text}]}
import { readFileSync } from 'node:fs';
import { createValidatedPolicy, validateIdentityPolicy, validateResourcePolicy } from '@cloud-copilot/iam-policy';
import { isConditionKeyArray, runSimulation, runUnsafeSimulation, typeForContextKey } from '@cloud-copilot/iam-simulate';

const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
// No organization narrows what the accounts may do.
const ORGANIZATION = [{ orgIdentifier: 'root', policies: [{ name: 'FullAWSAccess', policy: EVERYTHING }] }];

const STRICT = { simulationMode: 'Strict' };

const input = JSON.parse(readFileSync(0, 'utf8'));
if (!input.batch || !input.questions?.length) throw new Error('there is nothing to judge');

const loaded = new Map();

// A policy, checked once for all the questions that it decides.
function policy(name, check) {
  if (!(name in input.documents)) throw new Error(`no document is called ${name}`);
  const key = `${check.name} ${name}`;
  if (!loaded.has(key)) loaded.set(key, createValidatedPolicy(input.documents[name], check, { name }));
  return loaded.get(key);
}

async function judge(question) {
  const simulation = {
      request: {
        principal: question.principal,
        action: question.action,
        resource: { resource: question.resource, accountId: question.account },
        contextVariables: question.context,
      },
      identityPolicies: question.identity.map((name) => ({ name, policy: policy(name, validateIdentityPolicy) })),
      permissionBoundaryPolicies: question.boundary
        ? [{ name: question.boundary, policy: policy(question.boundary, validateIdentityPolicy) }]
        : undefined,
      resourcePolicy: question.guard ? policy(question.guard, validateResourcePolicy) : undefined,
      serviceControlPolicies: ORGANIZATION,
      resourceControlPolicies: [],
  };
  if (input.checked) return { verdict: runUnsafeSimulation(await typed(simulation), STRICT), ignored: [] };
  const answer = await runSimulation(simulation, STRICT);
  if (answer.errors) return { error: JSON.stringify(answer.errors) };
  // The simulator allows a request on `*` when any one resource is allowed.
  if (answer.resultType !== 'single') return { error: 'a request names one resource' };
  return { verdict: answer.overallResult, ignored: answer.result.ignoredContextKeys };
}

// Whether action, resource and context go together takes most of the time, and is asked once only.
async function typed(simulation) {
  const context = simulation.request.contextVariables;
  for (const [key, value] of Object.entries(context)) {
    if (isConditionKeyArray(await typeForContextKey(key))) context[key] = [value].flat();
  }
  return simulation;
}

const answers = [];
for (const question of input.questions) answers.push(await judge(question));
process.stdout.write(JSON.stringify({ batch: input.batch, answers }));
