//! What the router may do.

use super::{Caller, Condition, Right, Statement, When};

/// Lambda itself writes the log of a function.
pub(super) const LOG: &[Right] = &[
    Right {
        action: "logs:CreateLogStream",
        caller: Caller::Service(
            "Lambda Developer Guide, \"Defining Lambda function permissions with an execution role\"",
        ),
        needed: "the log of the function",
        without: "no log: the function works unseen",
    },
    Right {
        action: "logs:PutLogEvents",
        caller: Caller::Service(
            "Lambda Developer Guide, \"Defining Lambda function permissions with an execution role\"",
        ),
        needed: "the log of the function",
        without: "no log: the function works unseen",
    },
];

/// An event source mapping takes messages with the rights of the function it calls.
pub(super) const TAKE: &[Right] = &[
    Right {
        action: "sqs:ReceiveMessage",
        caller: Caller::Service(
            "Lambda Developer Guide, \"Using Lambda with Amazon SQS\", execution role permissions",
        ),
        needed: "the event source mapping",
        without: "nothing arrives; messages wait until they expire",
    },
    Right {
        action: "sqs:DeleteMessage",
        caller: Caller::Service(
            "Lambda Developer Guide, \"Using Lambda with Amazon SQS\", execution role permissions",
        ),
        needed: "the event source mapping",
        without: "each message is done five times and ends in the dead-letter queue",
    },
    Right {
        action: "sqs:GetQueueAttributes",
        caller: Caller::Service(
            "Lambda Developer Guide, \"Using Lambda with Amazon SQS\", execution role permissions",
        ),
        needed: "the event source mapping",
        without: "the mapping cannot be created",
    },
];

/// A function that is traced has its rights to tell X-Ray.
pub(super) const TRACE: &[Right] = &[
    Right {
        action: "xray:PutTraceSegments",
        caller: TRACER,
        needed: "the trace of each invocation",
        without: "no traces; nothing else is lost",
    },
    Right {
        action: "xray:PutTelemetryRecords",
        caller: TRACER,
        needed: "how the tracing itself goes",
        without: "X-Ray does not learn of traces that were dropped",
    },
];

const TRACER: Caller = Caller::Service(
    "Lambda Developer Guide, \"Visualize Lambda function invocations using AWS X-Ray\", execution role permissions",
);

pub(super) const STATEMENTS: &[Statement] = &[
    Statement {
        sid: "Log",
        when: When::Always,
        resources: &["${RouterLogs.Arn}"],
        condition: Condition::None,
        rights: LOG,
    },
    Statement {
        sid: "TakeEvents",
        when: When::Always,
        resources: &["${IngestQueue.Arn}", "${ObjectQueue.Arn}"],
        condition: Condition::None,
        rights: TAKE,
    },
    Statement {
        sid: "QueueWork",
        when: When::Always,
        resources: &["${WorkQueue.Arn}"],
        condition: Condition::None,
        rights: &[Right {
            action: "sqs:SendMessage",
            caller: Caller::Guardian,
            needed: "every event that is to be followed by a look",
            without: "no event leads to a look; after five deliveries it lies in the dead-letter queue",
        }],
    },
    Statement {
        sid: "AskWhichBucketsAKeyOrAnAliasConcerns",
        when: When::Always,
        resources: &["${Ledger.Arn}"],
        condition: Condition::Pages(&["key:*", "alias:*"]),
        rights: &[
            Right {
                action: "dynamodb:Query",
                caller: Caller::Guardian,
                needed: "events about KMS keys and aliases",
                without: "events about keys and aliases end in the dead-letter queue; the sweep finds what changed",
            },
            Right {
                action: "dynamodb:GetItem",
                caller: Caller::Guardian,
                needed: "data events that name the KMS key of an object",
                without: "those events end in the dead-letter queue; a sample or a census finds the key",
            },
        ],
    },
    Statement {
        sid: "Trace",
        when: When::TRACED,
        resources: &["*"],
        condition: Condition::None,
        rights: TRACE,
    },
];
