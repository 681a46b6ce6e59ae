//! The two AWS files of a case: profiles with every mechanism there is, and what people do to such files.

use crate::chance::Chance;
use crate::rig::Case;

/// What evercred keeps.
#[derive(Debug)]
pub(crate) struct Ours {
    /// The profile as it stands in the config file.
    pub(crate) profile: String,
    /// The access key of the session.
    pub(crate) key: String,
}

pub(crate) struct Files<'c> {
    pub(crate) case: &'c mut Case,
    pub(crate) chance: &'c mut Chance,
    pub(crate) ours: &'c Ours,
    pub(crate) endpoint: String,
}

/// The ways to a credential that a profile may have; several in one profile are what goes wrong.
const WAYS: [&str; 28] = [
    "nothing", "nothing", "nothing", "region", "region", "keys", "keys", "keys", "keys", "half", "process",
    "process", "process", "source", "source", "source", "source", "source", "source", "named", "both",
    "neither", "web", "web", "webless", "sso", "session", "login",
];

/// A profile that others take their roles with mostly works.
const WAYS_OF_BASE: [&str; 9] =
    ["keys", "keys", "keys", "process", "process", "web", "named", "source", "nothing"];

impl Files<'_> {
    pub(crate) fn write(mut self) {
        let ours = self.chance.percent(35).then(|| self.chance.one(&["default", "work"]));
        let config = self.config(ours);
        let credentials = self.credentials(ours);
        let config = self.spoilt(config);
        let credentials = self.spoilt(credentials);
        self.put("AWS_CONFIG_FILE", ".aws/config", &config);
        self.put("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials", &credentials);
    }

    fn put(&mut self, variable: &str, usual: &str, content: &str) {
        match self.chance.one(&["", "", "", "", "", "absolute", "tilde", "braces", "missing", "absent"]) {
            "absolute" => {
                let path = self.case.write("elsewhere/aws.ini", "");
                let path = path.replace("aws.ini", variable);
                self.case.write(&format!("elsewhere/{variable}"), content);
                self.case.set(variable, path);
            }
            "tilde" => {
                self.case.write(&format!("{variable}.ini"), content);
                self.case.set(variable, format!("~/{variable}.ini"));
            }
            "braces" => {
                self.case.write(&format!("{variable}.ini"), content);
                self.case.set(variable, format!("${{HOME}}/{variable}.ini"));
            }
            "missing" => self.case.set(variable, "~/nowhere"),
            "absent" => {}
            _ => drop(self.case.write(usual, content)),
        }
    }

    fn config(&mut self, ours: Option<&str>) -> String {
        let mut file = String::new();
        for profile in ["default", "work", "base"] {
            if ours == Some(profile) {
                file += &self.ours_as(profile);
                if self.chance.percent(70) {
                    continue;
                }
                // Somebody adds a key of another mechanism to our profile.
                let way = self.chance.one(&["keys", "sso", "login", "region"]);
                file += &self.way(way, profile);
                continue;
            }
            if self.chance.percent(15) {
                continue;
            }
            let title = match (profile, self.chance.one(&[0, 0, 0, 1, 2])) {
                ("default", 0) => "default".to_owned(),
                (_, 2) => format!("profile \"{profile}\""),
                (_, 1) if profile != "default" && self.chance.percent(40) => profile.to_owned(),
                _ => format!("profile {profile}"),
            };
            file += &format!("[{title}]\n");
            file += &self.profile(profile);
        }
        if self.chance.percent(60) {
            file += "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n";
        }
        file
    }

    fn ours_as(&self, profile: &str) -> String {
        match profile {
            "default" => self.ours.profile.clone(),
            other => self.ours.profile.replace("[default]", &format!("[profile {other}]")),
        }
    }

    fn credentials(&mut self, ours: Option<&str>) -> String {
        let mut file = String::new();
        for profile in ["default", "work", "base"] {
            let often = if ours == Some(profile) { 20 } else { 45 };
            if self.chance.percent(often) {
                file += &format!("[{profile}]\n");
                file += &self.profile(profile);
            }
        }
        if self.chance.percent(5) {
            let key = self.case.unique("AKALL");
            file += &format!("[DEFAULT]\naws_access_key_id = {key}\naws_secret_access_key = s\n");
        }
        file
    }

    fn profile(&mut self, profile: &str) -> String {
        let way = if profile == "base" { self.chance.one(&WAYS_OF_BASE) } else { self.chance.one(&WAYS) };
        let mut lines = self.way(way, profile);
        if self.chance.percent(12) {
            let more = self.chance.one(&["keys", "process", "login"]);
            if more != way {
                lines += &self.way(more, profile);
            }
        }
        lines
    }

    fn way(&mut self, way: &str, profile: &str) -> String {
        let key = self.case.unique("AK");
        let role = format!("role_arn = arn:aws:iam::123456789012:role/{key}\n");
        let session = "sso_account_id = 123456789012\nsso_role_name = dev\n";
        match way {
            "region" => "region = eu-west-1\n".to_owned(),
            "keys" => format!("aws_access_key_id = {key}\naws_secret_access_key = s\n"),
            "half" => format!("aws_access_key_id = {key}\n"),
            "process" => format!("credential_process = {}\n", command(&key)),
            "source" => {
                let source =
                    self.chance.one(&["base", "base", "base", "base", "work", profile, "ghost", "default"]);
                format!("{role}source_profile = {source}\n")
            }
            "named" => {
                let source =
                    ["EcsContainer", "EcsContainer", "Ec2InstanceMetadata", "Environment", "Nonsense"];
                format!("{role}credential_source = {}\n", self.chance.one(&source))
            }
            "both" => format!("{role}source_profile = base\ncredential_source = EcsContainer\n"),
            "neither" => role,
            "web" | "webless" => {
                let token = self.case.write(&format!("{key}.jwt"), &format!("TOKEN{key}"));
                let role = if way == "web" { role } else { String::new() };
                format!("{role}web_identity_token_file = {token}\n")
            }
            "sso" if self.chance.percent(30) => session.to_owned(),
            "sso" => {
                format!("{session}sso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n")
            }
            "session" => {
                let name = self.chance.one(&["corp", "corp", "ghost"]);
                let region = self.chance.one(&["", "", "sso_region = us-east-2\n"]);
                format!("sso_session = {name}\n{session}{region}")
            }
            "login" => "login_session = arn:aws:sts::123456789012:assumed-role/dev/me\n".to_owned(),
            _ => String::new(),
        }
    }

    /// What people and programs do to such files; some of it is the end of the whole file.
    fn spoilt(&mut self, file: String) -> String {
        let endpoint = format!("ec2_metadata_service_endpoint = {}/AKPROFILE/\n", self.endpoint);
        if self.chance.percent(65) {
            return file;
        }
        match self.chance.one(&[
            "crlf", "spaces", "capitals", "colons", "comments", "nested", "twice", "twin", "mark", "junk",
            "headless", "unnested", "latin", "metadata", "shout", "crlf", "spaces", "capitals", "colons",
            "comments", "nested", "crlf", "spaces", "capitals", "colons", "comments", "nested",
        ]) {
            "crlf" => file.replace('\n', "\r\n"),
            "spaces" => file.replace('[', "\n\n[").replace(" = ", "="),
            "capitals" => {
                file.replace("aws_access_key_id", "AWS_Access_Key_Id").replace("role_arn", "Role_ARN")
            }
            "colons" => file.replace(" = ", ": "),
            "comments" => file.replace('\n', "\n# [default]\n; aws_access_key_id = no\n"),
            "nested" => {
                file.replace("]\n", "]\ns3 =\n  max_concurrent_requests = 20\n\n  addressing_style = path\n")
            }
            "twice" => format!("{file}[default]\nregion = us-east-1\n[default]\nregion = us-east-1\n"),
            "twin" => file.replace(
                "aws_secret_access_key = s\n",
                "aws_secret_access_key = s\naws_secret_access_key = t\n",
            ),
            "mark" => format!("\u{feff}{file}"),
            "junk" => format!("{file}[other]\nthis is no line of an INI file\n"),
            "headless" => format!("region = eu-west-1\n{file}"),
            "unnested" => format!("{file}[other]\ns3 =\n  nothing nested\n"),
            "metadata" => file.replace("]\n", &format!("]\n{endpoint}")),
            "shout" => file.replace("[default]", "[DEFAULT]"),
            _ => file,
        }
    }
}

fn command(key: &str) -> String {
    let document = format!(
        "{{\"Version\":1,\"AccessKeyId\":\"{key}\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\"}}"
    );
    format!("/bin/echo '{document}'")
}
