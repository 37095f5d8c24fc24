// Asks the simulator. Reads one question per line, as JSON, and writes one answer per line, in the same order:
//
//   {"policy", "controls": [policy...], "restrict": bool, "principal", "action", "resource", "owner", "keys": {}}
//   {"answer": "allowed" | "denied" | "refused", "why"?}
//
// With the argument `time N`, every question is put N times more, and the answer has the nanoseconds of each as `ns`
// (from the policies as JSON) and as `prepared_ns` (from policies that were validated beforehand).
import readline from 'node:readline'
import { createValidatedPolicy, validateIdentityPolicy, validateResourcePolicy } from '@cloud-copilot/iam-policy'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const times = process.argv[2] === 'time' ? Number(process.argv[3]) : 0

const everything = {
  name: 'everything',
  policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
}

// The caller's own policies allow everything: what is asked is what the resource's side says.
const simulation = (question) => ({
  request: {
    principal: question.principal,
    action: question.action,
    resource: { resource: question.resource, accountId: question.owner },
    contextVariables: question.keys,
  },
  identityPolicies: [everything],
  serviceControlPolicies: [],
  resourceControlPolicies: question.controls.length
    ? [{ orgIdentifier: 'o-root', policies: question.controls.map((policy, i) => ({ name: `control-${i}`, policy })) }]
    : [],
  resourcePolicy: question.policy,
  additionalSettings: { s3: { blockPublicAccess: question.restrict } },
})

const answer = async (question) => {
  const result = await runSimulation(simulation(question), {})
  if (result.resultType === 'error') {
    return { answer: 'refused', why: JSON.stringify(result.errors) }
  }
  const ignored = result.result?.ignoredContextKeys ?? []
  if (ignored.length) {
    return { answer: 'refused', why: `ignored keys: ${ignored}` }
  }
  return { answer: result.overallResult === 'Allowed' ? 'allowed' : 'denied', why: result.overallResult }
}

// The fastest of several rounds; the first ones also warm it up.
const timed = async (call) => {
  let fastest = Infinity
  for (let round = 0; round < 8; round++) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < times; i++) await call()
    fastest = Math.min(fastest, Number(process.hrtime.bigint() - start) / times)
  }
  return fastest
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const question = JSON.parse(line)
  let given
  try {
    given = await answer(question)
    if (times) {
      const asked = simulation(question)
      const prepared = {
        ...asked,
        identityPolicies: asked.identityPolicies.map(({ name, policy }) => ({
          name,
          policy: createValidatedPolicy(policy, validateIdentityPolicy),
        })),
        resourcePolicy: createValidatedPolicy(asked.resourcePolicy, validateResourcePolicy),
      }
      given.ns = await timed(() => runSimulation(asked, {}))
      given.prepared_ns = await timed(() => runSimulation(prepared, {}))
    }
  } catch (error) {
    given = { answer: 'refused', why: `thrown: ${error.message}` }
  }
  if (!process.stdout.write(`${JSON.stringify(given)}\n`)) {
    await new Promise((resolve) => process.stdout.once('drain', resolve))
  }
}
