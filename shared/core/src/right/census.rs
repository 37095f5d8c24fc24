//! What the census function and its state machine may do. Both are there with `Census=full` only.

use super::router::{LOG, TRACE};
use super::{Caller, Condition, Right, Statement, When};

const fn own(action: &'static str, needed: &'static str, without: &'static str) -> Right {
    Right {
        action,
        caller: Caller::Guardian,
        needed,
        without,
    }
}

pub(super) const STATEMENTS: &[Statement] = &[
    Statement {
        sid: "Log",
        when: When::FULL_CENSUS,
        resources: &["${CensusLogs.Arn}"],
        condition: Condition::None,
        rights: LOG,
    },
    Statement {
        sid: "ReadDeclarations",
        when: When::FULL_CENSUS,
        resources: &[
            "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/cloudinary-guardian/buckets/*",
        ],
        condition: Condition::None,
        rights: &[own(
            "ssm:GetParameter",
            "the beginning of a walk: only declared buckets are walked over",
            "no walk begins",
        )],
    },
    Statement {
        sid: "AskWhoseObjectsTheyAre",
        when: When::FULL_CENSUS,
        resources: &["${BucketArns}"],
        condition: Condition::OWN_ACCOUNT,
        rights: &[
            own(
                "s3:ListBucket",
                "the bucket's Region, and the owners of objects where there can be several",
                "no walk begins",
            ),
            own(
                "s3:GetBucketOwnershipControls",
                "whether objects can belong to other accounts",
                "no walk begins",
            ),
            own(
                "s3:GetBucketAcl",
                "the bucket's owner, where objects can belong to others",
                "no walk over such a bucket begins",
            ),
        ],
    },
    Statement {
        sid: "LookAtObjects",
        when: When::FULL_CENSUS,
        resources: &["${BucketArns}/*"],
        condition: Condition::OWN_ACCOUNT,
        rights: &[own(
            "s3:GetObject",
            "HeadObject of every object, which knows no right of its own",
            "objects count as unknown, and the census as incomplete",
        )],
    },
    Statement {
        sid: "KeepTheCensus",
        when: When::FULL_CENSUS,
        resources: &["${Ledger.Arn}"],
        condition: Condition::Pages(&["bucket:*", "census:*"]),
        rights: &[
            own(
                "dynamodb:Query",
                "adding up the batches of a walk",
                "no walk ends",
            ),
            own(
                "dynamodb:GetItem",
                "what an earlier attempt at a batch or at the end stored",
                "no batch can be stored",
            ),
            own(
                "dynamodb:PutItem",
                "what a batch came to, and the census",
                "no batch can be stored",
            ),
            own(
                "dynamodb:DeleteItem",
                "the batches of a walk that has ended",
                "they stay until they expire, and the walk counts as failed",
            ),
        ],
    },
    Statement {
        sid: "HaveTheBucketLookedAt",
        when: When::FULL_CENSUS,
        resources: &["${WorkQueue.Arn}"],
        condition: Condition::None,
        rights: &[own(
            "sqs:SendMessage",
            "the look at a bucket with its new census",
            "the walk counts as failed; the next sweep looks at the bucket",
        )],
    },
    Statement {
        sid: "Trace",
        when: When::With(&[("Census", "full"), ("Tracing", "on")]),
        resources: &["*"],
        condition: Condition::None,
        rights: TRACE,
    },
];

const MAP: Caller =
    Caller::Service("Step Functions Developer Guide, \"IAM policies for using Distributed Map states\"");
const TASKS: Caller = Caller::Service(
    "Step Functions Developer Guide, \"How Step Functions generates IAM policies for integrated services\"",
);

const fn by(caller: Caller, action: &'static str, needed: &'static str, without: &'static str) -> Right {
    Right {
        action,
        caller,
        needed,
        without,
    }
}

pub(super) const OF_THE_STATE_MACHINE: &[Statement] = &[
    Statement {
        sid: "ListObjects",
        when: When::FULL_CENSUS,
        resources: &["${BucketArns}"],
        condition: Condition::OWN_ACCOUNT,
        rights: &[by(
            MAP,
            "s3:ListBucket",
            "the listing that a walk goes along",
            "walks fail",
        )],
    },
    Statement {
        sid: "TakeSteps",
        when: When::FULL_CENSUS,
        resources: &["${CensusFunction.Arn}"],
        condition: Condition::None,
        rights: &[by(
            TASKS,
            "lambda:InvokeFunction",
            "each step of a walk",
            "walks fail",
        )],
    },
    Statement {
        sid: "StartBatches",
        when: When::FULL_CENSUS,
        resources: &[
            "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${AWS::StackName}-census",
        ],
        condition: Condition::None,
        rights: &[by(
            MAP,
            "states:StartExecution",
            "the batches of a walk",
            "walks fail",
        )],
    },
    Statement {
        sid: "FollowAndStopBatches",
        when: When::FULL_CENSUS,
        resources: &[
            "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${AWS::StackName}-census/*",
        ],
        condition: Condition::None,
        rights: &[
            by(
                MAP,
                "states:DescribeExecution",
                "the end of each batch",
                "walks fail",
            ),
            by(
                MAP,
                "states:StopExecution",
                "the batches of a walk that is stopped",
                "they go on to their end",
            ),
        ],
    },
    Statement {
        sid: "TakeUpBatchesAgain",
        when: When::FULL_CENSUS,
        resources: &[
            "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${AWS::StackName}-census/*",
        ],
        condition: Condition::None,
        rights: &[by(
            MAP,
            "states:RedriveExecution",
            "a walk that is taken up where it failed",
            "a walk that failed has to begin anew",
        )],
    },
    Statement {
        sid: "AskHowManyThereWere",
        when: When::FULL_CENSUS,
        resources: &[
            "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${AWS::StackName}-census:*",
            "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:mapRun:${AWS::StackName}-census/*",
        ],
        condition: Condition::None,
        rights: &[
            by(
                TASKS,
                "states:ListMapRuns",
                "how many objects were handed over, against what was counted",
                "no walk ends",
            ),
            by(
                TASKS,
                "states:DescribeMapRun",
                "how many objects were handed over, against what was counted",
                "no walk ends",
            ),
        ],
    },
];
