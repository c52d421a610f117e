//! `pizza alerts test`

use crate::admin::Installation;
use anyhow::bail;
use clap::Args;

/// Send a test message through every contact point, and say which of them took it.
#[derive(Args)]
pub struct Test {
    #[command(flatten)]
    installation: Installation,
}

impl Test {
    pub async fn run(self) -> anyhow::Result<()> {
        let service = self.installation.open().await?;
        let told = service.operations().send_test("Somebody at the machine").await;
        if told.is_empty() {
            bail!(
                "there is no contact point: nobody would be told. Add one to the configuration, for example\n\n  \
                 [[alerts.contact_points]]\n  name = \"on-call\"\n  type = \"webhook\"\n  url = \"https://…\""
            );
        }
        for (point, told) in &told {
            match told {
                Ok(()) => println!("{point}: told"),
                Err(why) => println!("{point}: NOT told: {why}"),
            }
        }
        match told.iter().filter(|(_, told)| told.is_err()).count() {
            0 => Ok(()),
            failed => bail!("{failed} of {} contact points were not told", told.len()),
        }
    }
}
