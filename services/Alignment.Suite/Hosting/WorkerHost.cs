using Alignment.Evaluation;
using Alignment.Inference;
using Alignment.PolicyOptimization;
using Alignment.RewardModeling;
using Alignment.ServiceDefaults;
using Alignment.Suite.Commands.Advising;
using Alignment.SupervisedFineTuning;
using Alignment.SupervisedFineTuning.Advice;

namespace Alignment.Suite.Hosting;

/// <summary>The torch process of the embedded form: the five services that load the model core, behind a Unix socket.</summary>
internal static class WorkerHost
{
    public static WebApplication Build(string[] configuration, string socket)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = configuration, ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.ConfigureKestrel(k => k.ListenUnixSocket(socket));
        builder.AddServiceDefaults("worker");
        builder.Services.AddSingleton<IRunTrials, SuiteTrials>();
        builder.AddSupervisedFineTuning().AddRewardModeling().AddPolicyOptimization().AddInference().AddEvaluation();
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapSupervisedFineTuning();
        app.MapInference();
        app.MapEvaluation();
        return app;
    }
}
