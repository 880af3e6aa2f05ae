using Alignment.ServiceDefaults;
using Alignment.SupervisedFineTuning;

var builder = WebApplication.CreateBuilder(args);
builder.AddSupervisedFineTuning();

var app = builder.Build();
app.MapServiceDefaults();
app.MapSupervisedFineTuning();
app.Run();
