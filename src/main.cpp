#include "backfill/app/application.hpp"

int main(int argc, char** argv)
{
    return backfill::app::run_application(argc, argv);
}
