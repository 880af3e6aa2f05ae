using Alignment.Inference.Candidates;
using Alignment.Inference.Chat;
using Alignment.Inference.Engine;
using Alignment.PreferenceStore;
using Alignment.ServiceDefaults;

namespace Alignment.Inference;

/// <summary>Chat, and candidate answers for people to rank.</summary>
public static class InferenceService
{
    public static IHostApplicationBuilder AddInference(this IHostApplicationBuilder builder)
    {
        builder.AddServiceDefaults("inference");
        builder.Services.AddPreferenceStore();
        builder.Services.AddHttpClient<CheckpointDirectory>((services, client) =>
        {
            var configuration = services.GetRequiredService<IConfiguration>();
            client.BaseAddress = new(configuration["Alignment:Services:Base"] ?? "http://localhost:5080");
            if (configuration["Alignment:ApiKey"] is { Length: > 0 } key)
            {
                client.DefaultRequestHeaders.Authorization = new("Bearer", key);
            }
        });
        builder.Services.AddSingleton<EngineThread>().AddSingleton<ModelShelf>().AddTransient<IChatEngine, ChatEngine>();
        return builder.AddJobRunner<CandidateJobRunner>();
    }

    public static IEndpointRouteBuilder MapInference(this IEndpointRouteBuilder routes)
    {
        routes.MapChat();
        return routes;
    }
}
