//! The distributed storage of a preseed.

use ipnet::IpNet;

use super::{Check, Placed};
use crate::engine::answers::{CephStorage, Purpose};
use crate::preseed::error::{PreseedError, quoted, say};
use crate::preseed::raw::{Field, RawCeph};
use crate::preseed::write;

impl Check<'_> {
    pub(super) fn ceph(
        &self,
        field: &Field<RawCeph>,
        nodes: &[Placed],
    ) -> Result<CephStorage, PreseedError> {
        let usual = CephStorage::default();
        let Some((raw, _)) = field.value() else {
            return Ok(usual);
        };
        let ceph = CephStorage {
            public: self.subnet(&raw.public_network, "public-network")?,
            internal: self.subnet(&raw.internal_network, "internal-network")?,
            filesystem: self
                .flag(&raw.filesystem, "filesystem")?
                .unwrap_or(usual.filesystem),
            tune: self.flag(&raw.tune, "tune")?.unwrap_or(usual.tune),
            reuse: self.reuse(&raw.existing)?,
        };
        self.no_idle_ceph(raw, &ceph, nodes)?;
        Ok(ceph)
    }

    /// Whether a Ceph that is there already is used.
    fn reuse(&self, field: &Field<String>) -> Result<bool, PreseedError> {
        let Some(word) = self.word(field, "existing")? else {
            return Ok(false);
        };
        let found = [false, true]
            .into_iter()
            .find(|reuse| write::existing_name(*reuse) == word.0);
        found.ok_or_else(|| self.wrong(word, "preseed.bad-existing", "existing"))
    }

    /// A network by its first address and prefix length.
    fn subnet(&self, field: &Field<String>, key: &str) -> Result<Option<IpNet>, PreseedError> {
        let net: Option<IpNet> = self.parsed(field, key, "preseed.bad-subnet")?;
        let (Some(net), Some((word, at))) = (net, field.value()) else {
            return Ok(None);
        };
        if net.addr() != net.network() {
            let what = say("preseed.in-subnet").with("value", quoted(word));
            let mend = say("preseed.in-subnet-mend").with("net", net.trunc());
            return Err(self.error(at, &what, &mend));
        }
        if net.prefix_len() == 0 || net.addr().is_multicast() {
            return Err(self.wrong((word, at), "preseed.no-subnet", key));
        }
        Ok(Some(net))
    }

    /// What is said about a Ceph that nobody sets up would silently be without effect.
    fn no_idle_ceph(
        &self,
        raw: &RawCeph,
        ceph: &CephStorage,
        nodes: &[Placed],
    ) -> Result<(), PreseedError> {
        if ceph.reuse || nodes.iter().any(|it| it.gives(Purpose::Ceph)) {
            return Ok(());
        }
        let keys = [
            ("public-network", &raw.public_network),
            ("internal-network", &raw.internal_network),
            ("filesystem", &raw.filesystem),
            ("tune", &raw.tune),
        ];
        match keys
            .iter()
            .find_map(|(key, field)| Some((key, field.at()?)))
        {
            Some((key, at)) => {
                let what = say("preseed.idle-ceph").with("key", key);
                let mend = say("preseed.idle-ceph-mend").with("key", key);
                Err(self.error(at, &what, &mend))
            }
            None => Ok(()),
        }
    }
}
