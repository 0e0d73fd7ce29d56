//! The cluster, its nodes and their certificates.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Store, StoreError, from_sql, to_sql};
use crate::engine::Millis;

/// The one cluster that this database is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Its id, the same as its certificates say.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Raised whenever another node takes over as leader.
    pub epoch: u64,
    /// When it was made.
    pub created: Millis,
}

/// What a node is in the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeRole {
    /// Its daemon is `mcloudd`.
    Leader,
    /// Its daemon is `mcloud-agent`.
    Worker,
}

/// Whether a node is still one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeState {
    /// A member.
    Active,
    /// It left or was removed; its name is free again, its certificates are revoked.
    Removed,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its id, made of its key.
    pub id: String,
    /// What people call it; no two active nodes share one.
    pub name: String,
    /// Where it was when it joined.
    pub address: String,
    /// Leader or worker.
    pub role: NodeRole,
    /// The board's model, empty if unknown.
    pub model: String,
    /// When it joined.
    pub joined: Millis,
    /// Whether it is still a member.
    pub state: NodeState,
}

impl Store {
    /// Records the cluster; a database has one.
    pub async fn create_cluster(&self, cluster: Cluster) -> Result<(), StoreError> {
        self.run(move |db| {
            let made = db.execute(
                "INSERT OR IGNORE INTO cluster (one, id, name, epoch, created)
                 VALUES (1, ?1, ?2, ?3, ?4)",
                params![
                    cluster.id,
                    cluster.name,
                    to_sql(cluster.epoch),
                    to_sql(cluster.created)
                ],
            )?;
            match made {
                0 => Err(StoreError::Exists("the cluster")),
                _ => Ok(()),
            }
        })
        .await
    }

    /// The cluster; none before it was made.
    pub async fn cluster(&self) -> Result<Option<Cluster>, StoreError> {
        self.run(|db| {
            let sql = "SELECT id, name, epoch, created FROM cluster";
            let found = db.query_row(sql, [], |row| {
                Ok(Cluster {
                    id: row.get(0)?,
                    name: row.get(1)?,
                    epoch: from_sql(row.get(2)?),
                    created: from_sql(row.get(3)?),
                })
            });
            Ok(found.optional()?)
        })
        .await
    }

    /// Records a node, or what is new about it.
    pub async fn put_node(&self, node: Node) -> Result<(), StoreError> {
        self.run(move |db| put(db, &node)).await
    }

    /// All nodes, removed ones too, in the order they joined.
    pub async fn nodes(&self) -> Result<Vec<Node>, StoreError> {
        self.run(|db| {
            let sql = "SELECT id, name, address, role, model, joined, state
                       FROM nodes ORDER BY joined, id";
            let mut query = db.prepare(sql)?;
            let nodes = query.query_map([], node)?.collect::<Result<_, _>>()?;
            Ok(nodes)
        })
        .await
    }

    /// Removes a node and revokes its certificates, all at once.
    pub async fn remove_node(&self, id: &str, now: Millis) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.run(move |db| {
            let transaction = db.transaction()?;
            let sql = "UPDATE nodes SET state = 'removed' WHERE id = ?1";
            if transaction.execute(sql, [&id])? == 0 {
                return Err(StoreError::Unknown("node"));
            }
            transaction.execute(
                "UPDATE certs SET revoked_at = ?2 WHERE node = ?1 AND revoked_at IS NULL",
                params![id, to_sql(now)],
            )?;
            Ok(transaction.commit()?)
        })
        .await
    }
}

/// Inserts or updates one node; a name that another active node has is refused.
pub(super) fn put(db: &Connection, node: &Node) -> Result<(), StoreError> {
    if node.state == NodeState::Active && taken(db, &node.name, &node.id)? {
        return Err(StoreError::Exists("a node of that name"));
    }
    db.execute(
        "INSERT INTO nodes (id, name, address, role, model, joined, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, address = excluded.address,
             role = excluded.role, model = excluded.model, joined = excluded.joined,
             state = excluded.state",
        params![
            node.id,
            node.name,
            node.address,
            match node.role {
                NodeRole::Leader => "leader",
                NodeRole::Worker => "worker",
            },
            node.model,
            to_sql(node.joined),
            match node.state {
                NodeState::Active => "active",
                NodeState::Removed => "removed",
            },
        ],
    )?;
    Ok(())
}

fn taken(db: &Connection, name: &str, by_other_than: &str) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM nodes
               WHERE name = ?1 AND id <> ?2 AND state <> 'removed')";
    Ok(db.query_row(sql, [name, by_other_than], |row| row.get(0))?)
}

/// A node, from its columns in the order of the table.
pub(super) fn node(row: &Row<'_>) -> rusqlite::Result<Node> {
    let role: String = row.get(3)?;
    let state: String = row.get(6)?;
    Ok(Node {
        id: row.get(0)?,
        name: row.get(1)?,
        address: row.get(2)?,
        role: match role.as_str() {
            "leader" => NodeRole::Leader,
            _ => NodeRole::Worker,
        },
        model: row.get(4)?,
        joined: from_sql(row.get(5)?),
        state: match state.as_str() {
            "active" => NodeState::Active,
            _ => NodeState::Removed,
        },
    })
}
