//! AWS's partitions: separate worlds with their own accounts, regions and names.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html#arns-syntax>

/// One partition, and what follows from a role being in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    /// Its name in ARNs.
    pub(crate) name: &'static str,
    /// Where to ask if nobody named a region.
    pub(crate) default_region: &'static str,
    /// What the hosts of its services end with
    /// (<https://docs.aws.amazon.com/general/latest/gr/rande.html>).
    pub(crate) domain: &'static str,
    /// How its regions begin; nothing for the public partition, which has all the rest.
    region_prefix: &'static str,
}

/// Every partition that there is.
pub(crate) static PARTITIONS: [Partition; 8] = [
    Partition { name: "aws", domain: "amazonaws.com", default_region: "us-east-1", region_prefix: "" },
    Partition {
        name: "aws-cn",
        domain: "amazonaws.com.cn",
        default_region: "cn-north-1",
        region_prefix: "cn-",
    },
    Partition {
        name: "aws-us-gov",
        domain: "amazonaws.com",
        default_region: "us-gov-west-1",
        region_prefix: "us-gov-",
    },
    Partition {
        name: "aws-iso",
        domain: "c2s.ic.gov",
        default_region: "us-iso-east-1",
        region_prefix: "us-iso-",
    },
    Partition {
        name: "aws-iso-b",
        domain: "sc2s.sgov.gov",
        default_region: "us-isob-east-1",
        region_prefix: "us-isob-",
    },
    Partition {
        name: "aws-iso-e",
        domain: "cloud.adc-e.uk",
        default_region: "eu-isoe-west-1",
        region_prefix: "eu-isoe-",
    },
    Partition {
        name: "aws-iso-f",
        domain: "csp.hci.ic.gov",
        default_region: "us-isof-south-1",
        region_prefix: "us-isof-",
    },
    Partition {
        name: "aws-eusc",
        domain: "amazonaws.eu",
        default_region: "eusc-de-east-1",
        region_prefix: "eusc-",
    },
];

impl Partition {
    /// The partition of that name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        PARTITIONS.iter().find(|partition| partition.name == name)
    }

    /// The partition that a region lies in.
    pub(crate) fn of_region(region: &str) -> &'static Self {
        let own = |partition: &&Self| {
            !partition.region_prefix.is_empty() && region.starts_with(partition.region_prefix)
        };
        PARTITIONS.iter().find(own).unwrap_or(&PARTITIONS[0])
    }

    /// The audience that AWS's own tools ask for by default; China's differs.
    pub(crate) fn audience(&self) -> &'static str {
        if self.name == "aws-cn" { "sts.amazonaws.com.cn" } else { "sts.amazonaws.com" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_region_lies_in_its_own_partition() {
        for partition in &PARTITIONS {
            assert_eq!(Partition::of_region(partition.default_region), partition);
        }
    }

    #[test]
    fn a_region_nobody_knows_yet_is_public() {
        assert_eq!(Partition::of_region("mars-north-1").name, "aws");
    }
}
