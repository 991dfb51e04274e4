//! The table of the API's routes, a subject a file. Those of the dashboard are beside it.

mod batches;
mod fleet;
mod jobs;
mod one_shots;
mod schedules;
mod scripts;
mod service;

use axum::http::Method;

use super::route::{Access, Route};
use crate::tokens::Scope;

// Which scopes each route needs; `jobs:all` widens all of them to everybody's jobs. An answer that shows a job's log or
// results needs `jobs:read`, whatever else the route does.
const CREATE: Access = Access::Token(&[Scope::JobsCreate]);
const READ: Access = Access::Token(&[Scope::JobsRead]);
const DELETE_JOBS: Access = Access::Token(&[Scope::JobsDelete]);
const CANCEL: Access = Access::Token(&[Scope::JobsDelete, Scope::JobsRead]);
const RERUN: Access = Access::Token(&[Scope::JobsCreate, Scope::JobsRead]);
const OPEN: Access = Access::Open;
const ADMIN: Access = Access::Token(&[Scope::Admin]);

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const DELETE: Method = Method::DELETE;

const DRAIN: &str = "/fleet/executors/{name}/drain";
const WAIT: &str = "answer as soon as the job is done, or after so many seconds";

/// Every route there is.
pub(super) fn routes() -> Vec<Route> {
    let subjects = [
        jobs::routes(),
        fleet::routes(),
        jobs::routes_of_files(),
        jobs::routes_of_deliveries(),
        scripts::routes(),
        batches::routes(),
        schedules::routes(),
        one_shots::routes(),
        service::routes(),
    ];
    subjects.into_iter().flatten().collect()
}

/// Adds the parameters of a list that goes on behind a name.
fn paged(route: Route) -> Route {
    route
        .query("after", "what was next in the page before")
        .query("per_page", "entries on a page, 50 by default and 500 at most")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::routes;
    use crate::http::docs::readable;
    use crate::http::openapi::describe;
    use crate::http::route::About;

    fn all() -> Vec<About> {
        routes().into_iter().map(|route| route.about).collect()
    }

    #[test]
    fn the_document_holds_every_route_and_no_other() {
        let document = describe(&all());
        let paths = document["paths"].as_object().unwrap();
        let methods = |path: &serde_json::Value| path.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let described: BTreeSet<(String, String)> = paths
            .iter()
            .flat_map(|(path, item)| methods(item).into_iter().map(|method| (path.clone(), method)))
            .collect();
        let routes = all();
        let table = routes.iter().map(|route| (route.shown_path(), route.method.as_str().to_ascii_lowercase()));
        assert_eq!(described, table.collect());
    }

    #[test]
    fn operations_have_names_of_their_own_bounds_and_bodies_for_failures() {
        let document = describe(&all());
        let paths = document["paths"].as_object().unwrap();
        let operations: Vec<&serde_json::Value> =
            paths.values().flat_map(|path| path.as_object().unwrap().values()).collect();
        let names: BTreeSet<&str> = operations.iter().map(|of| of["operationId"].as_str().unwrap()).collect();
        assert_eq!(names.len(), operations.len());
        assert!(names.contains("getJobsUuid") && names.contains("postJobs"), "{names:?}");
        for operation in operations {
            for parameter in operation["parameters"].as_array().unwrap() {
                let schema = &parameter["schema"];
                assert!(schema["type"] != "integer" || schema["minimum"].is_u64(), "{parameter}");
            }
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let schema = &answer["content"]["application/json"]["schema"];
                let is_failure = status.starts_with(['4', '5']) && status != "416";
                assert!(!is_failure || schema.is_object(), "{status} of {}", operation["operationId"]);
            }
        }
    }

    #[test]
    fn the_page_names_every_route_field_and_answer() {
        let routes = all();
        let page = readable(&routes, "https://jobs.example");
        for route in &routes {
            let title = format!("<b class={method}>{method}</b> {}", route.shown_path(), method = route.method);
            assert!(page.contains(&title), "{title}");
        }
        for text in ["https://jobs.example/jobs?wait=30", "<th>max_attempts", "<th>422", "Last-Event-ID"] {
            assert!(page.contains(text), "{text}");
        }
        assert!(!page.contains("<script"), "{page}");
    }
}
