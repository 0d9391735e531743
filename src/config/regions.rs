//! Azure regions that host Azure OpenAI, to recognise them in names of backends and hosts.

/// Short name and display name; longer short names before their prefixes.
const REGIONS: &[(&str, &str)] = &[
    ("australiaeast", "Australia East"),
    ("brazilsouth", "Brazil South"),
    ("canadacentral", "Canada Central"),
    ("canadaeast", "Canada East"),
    ("centralus", "Central US"),
    ("eastus2", "East US 2"),
    ("eastus", "East US"),
    ("francecentral", "France Central"),
    ("germanywestcentral", "Germany West Central"),
    ("italynorth", "Italy North"),
    ("japaneast", "Japan East"),
    ("koreacentral", "Korea Central"),
    ("northcentralus", "North Central US"),
    ("northeurope", "North Europe"),
    ("norwayeast", "Norway East"),
    ("polandcentral", "Poland Central"),
    ("southafricanorth", "South Africa North"),
    ("southcentralus", "South Central US"),
    ("southeastasia", "Southeast Asia"),
    ("southindia", "South India"),
    ("spaincentral", "Spain Central"),
    ("swedencentral", "Sweden Central"),
    ("switzerlandnorth", "Switzerland North"),
    ("switzerlandwest", "Switzerland West"),
    ("uaenorth", "UAE North"),
    ("uksouth", "UK South"),
    ("westeurope", "West Europe"),
    ("westus2", "West US 2"),
    ("westus3", "West US 3"),
    ("westus", "West US"),
];

/// The region named in `text` (hyphens, spaces and case aside) and the short name found; the longest if
/// several are.
pub(super) fn region_in(text: &str) -> Option<(&'static str, &'static str)> {
    let squeezed: String =
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let found = REGIONS.iter().filter(|(short, _)| squeezed.contains(short));
    found.max_by_key(|(short, _)| short.len()).map(|(short, display)| (*display, *short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_found_in_names() {
        for (text, expected) in [
            ("openai-eastus", Some("East US")),
            ("openai-eastus2-ptu", Some("East US 2")),
            ("oai-sweden-central", Some("Sweden Central")),
            ("aoai-northcentralus", Some("North Central US")),
            ("contoso", None),
        ] {
            assert_eq!(region_in(text).map(|found| found.0), expected, "{text}");
        }
    }
}
