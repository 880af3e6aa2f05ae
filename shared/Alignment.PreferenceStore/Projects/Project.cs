namespace Alignment.PreferenceStore.Projects;

/// <summary>A question put to people: what to compare, by which rules, how often.</summary>
/// <param name="Language">BCP 47 tag of the content, for example <c>pt-BR</c>.</param>
/// <param name="CandidatesPerTask">k, 2 to 8.</param>
/// <param name="JudgementsPerTask">Distinct annotators wanted for each task, 1 to 25.</param>
/// <param name="Seed">Decides the order in which candidates are shown, with prompt and annotator.</param>
public sealed record Project(string Id, string Name, string Guidelines, string Rubric, string Language, long CandidatesPerTask,
    long JudgementsPerTask, long LeaseMinutes, long Seed, long CreatedAt);

/// <summary>A project to create; see <see cref="Project"/> for the ranges.</summary>
public sealed record NewProject(string Name, string Guidelines, string Rubric, string Language, long CandidatesPerTask = 2,
    long JudgementsPerTask = 1, long LeaseMinutes = 60, long Seed = 0);
