//! The forms of the artifact.

use evercred_core::Failure;
use evercred_core::trust::{Asked, Dialect, File, Program, json};
use serde_json::{Value, json};

use super::policy::Policy;
use super::{ACCOUNT, INPUTS, PATH, ROLE};

pub(super) fn file(asked: &Asked<'_>, policy: &Policy, statement: &[String]) -> Result<File, Failure> {
    let program = |dialect, template| Program { dialect, template, statement, inputs: &INPUTS };
    let values = json!({
        "issuer": asked.identity.issuer,
        "issuer_path": asked.identity.issuer_path(),
        "client": policy.client,
        "condition": policy.condition,
        // The account stands for itself until the script knows it.
        "policy": policy.trusting(&json!("IDENTITY_PROVIDER")),
    });
    let text = |dialect, template| program(dialect, template).text(asked.inputs, &values);
    Ok(match asked.format {
        "json" => File { name: "trust-policy.json", text: json(&policy.document(asked)) },
        "cloudformation" => {
            File { name: "evercred-trust.template.json", text: json(&template(asked, policy, statement)) }
        }
        "terraform" => {
            File { name: "evercred-trust.tf", text: text(Dialect::Hcl, include_str!("aws.tf.jinja"))? }
        }
        _ => File { name: "evercred-trust.sh", text: text(Dialect::Shell, include_str!("aws.sh.jinja"))? },
    })
}

pub(super) fn commands(file: &File) -> Vec<String> {
    let command = match file.name {
        "evercred-trust.sh" => format!("bash {}", file.name),
        "evercred-trust.tf" => return vec!["terraform init".to_owned(), "terraform apply".to_owned()],
        "evercred-trust.template.json" => format!(
            "aws cloudformation deploy --stack-name evercred-trust --template-file {} --capabilities CAPABILITY_NAMED_IAM",
            file.name
        ),
        _ => return Vec::new(),
    };
    vec![command]
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-oidcprovider.html>
fn template(asked: &Asked<'_>, policy: &Policy, statement: &[String]) -> Value {
    let issuer = asked.identity.issuer_path().replace("${", "${!");
    let provider = format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:oidc-provider/{issuer}");
    let account = match asked.inputs.get(ACCOUNT) {
        Some(id) => json!({"Type": "String", "AllowedPattern": "^[0-9]{12}$", "Default": id}),
        None => json!({"Type": "String", "AllowedPattern": "^[0-9]{12}$"}),
    };
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Lets a role be assumed with the ID tokens of one issuer.",
        "Metadata": {"Statement": statement},
        "Parameters": {
            "AccountId": account,
            "CreateProvider": {"Type": "String", "AllowedValues": ["true", "false"], "Default": "true"},
        },
        "Rules": {"RightAccount": {"Assertions": [{
            "Assert": {"Fn::Equals": [{"Ref": "AccountId"}, {"Ref": "AWS::AccountId"}]},
            "AssertDescription": "The credentials in use are for another account than AccountId.",
        }]}},
        "Conditions": {"CreatesProvider": {"Fn::Equals": [{"Ref": "CreateProvider"}, "true"]}},
        "Resources": {
            "Provider": {
                "Type": "AWS::IAM::OIDCProvider",
                "Condition": "CreatesProvider",
                "Properties": {"Url": asked.identity.issuer, "ClientIdList": [policy.client]},
            },
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": asked.inputs.value(ROLE),
                    "Path": asked.inputs.value(PATH),
                    "AssumeRolePolicyDocument": policy.trusting(&json!({"Fn::Sub": provider})),
                },
            },
        },
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    })
}
